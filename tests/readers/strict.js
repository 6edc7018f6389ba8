// Compile schemas in Ajv's strict mode and validate documents with them.
// Stdin: [{name, schema, documents}]; stdout: a list of what Ajv does not take, in words.
const { createRequire } = require("module");
const from = createRequire(process.argv[2] + "/");
const Ajv = from("ajv/dist/2020");
const formats = from("ajv-formats");
const faults = [];
for (const { name, schema, documents } of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  const ajv = new Ajv({ strict: true, allErrors: true });
  formats(ajv);
  try {
    const validate = ajv.compile(schema);
    documents.forEach((document, number) => {
      if (!validate(document)) faults.push(`${name} ${number}: ${ajv.errorsText(validate.errors)}`);
    });
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
  }
}
console.log(JSON.stringify(faults));
