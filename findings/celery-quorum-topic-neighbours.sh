#!/usr/bin/env bash
# celery 5.7.0 and kombu 5.7.0: a quorum queue for `par` on a topic exchange also gets what is sent to `west.par`.
#
# Guess:    a queue on a topic exchange gets the keys that its own declaration names, and one without a wildcard gets
#           one key alone, whatever the queue's type.
# Seen:     where one of an app's queues is a quorum queue, its workers prepare for delayed messages, whether or not
#           any is ever sent: kombu binds each queue to its own topic exchange once more, with `#.` before its key.
#           From then on an undelayed message for `west.par` is in `par` too.  A direct exchange is left alone.
# Matters:  with one worker for each region and keys that end alike, a task runs twice, once where nobody sent it.
#
# No broker is needed: Celery is asked whether it prepares, and kombu's own transport in memory does the routing.  What
# that one lacks, the binding of an exchange to an exchange, is written down instead; no undelayed message uses it.
#
# Exits 0 while it is so, 1 once they behave otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check celery==5.7.0 kombu==5.7.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from types import SimpleNamespace
import celery, kombu
from celery.worker.consumer.delayed_delivery import DelayedDelivery
from kombu.transport import memory
from kombu.transport.native_delayed_delivery import bind_queue_to_native_delayed_delivery_exchange

bound = []


class Channel(memory.Channel):
    def exchange_bind(self, destination, source="", routing_key="", nowait=False, arguments=None):
        bound.append((source, destination, routing_key))


class Transport(memory.Transport):
    Channel = Channel


def queues_of(kind):
    regions = kombu.Exchange(f"regions-{kind}", type=kind)
    return [
        kombu.Queue(f"{kind}-{key}", regions, routing_key=key, queue_arguments={"x-queue-type": "quorum"})
        for key in ("par", "west.par")
    ]


seen = {}
for kind in ("topic", "direct"):
    queues = queues_of(kind)
    app = celery.Celery(broker="amqp://127.0.0.1", set_as_current=False)
    app.conf.task_queues = queues
    consumer = SimpleNamespace(app=app)
    prepares = DelayedDelivery(consumer).include_if(consumer)
    with kombu.Connection(transport=Transport) as connection:
        channel = connection.channel()
        exchange = queues[0].exchange
        for prepared in (False, True):
            for queue in queues:
                queue(channel).declare()
                if prepared:
                    bind_queue_to_native_delayed_delivery_exchange(connection, queue)
            kombu.Producer(channel, exchange).publish("work", routing_key="west.par")
            got = [queue.name for queue in queues if queue(channel).get(no_ack=True) is not None]
            seen[kind, prepared] = got
            print(f"celery {celery.__version__}, kombu {kombu.__version__}: {kind} exchange, a worker prepares: "
                  f"{prepares}, {'after' if prepared else 'before'} that a message for west.par is in {got}")
        seen[kind] = prepares
print(f"exchanges bound: {bound}")
alone = {(kind, prepared): [f"{kind}-west.par"] for kind in ("topic", "direct") for prepared in (False, True)}
sys.exit(seen != alone | {("topic", True): ["topic-par", "topic-west.par"], "topic": True, "direct": True})
PYTHON
