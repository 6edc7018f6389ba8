"""All that is known of the device, each fact once, next to its source."""
