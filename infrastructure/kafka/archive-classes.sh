#!/bin/sh
# Keeps Kafka's classes in the form in which the Java machine has them in memory,
# in lib/classes.jsa: a broker then starts with less than half the work. Made by
# a broker that is started and stopped once. A Java machine that is not the one
# that made the file ignores it.
set -eu

cd "$(dirname "$0")"
lib=$PWD/lib
work=$(mktemp -d)
broker=
stop() {
    [ -z "$broker" ] || kill -KILL "$broker" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Two ports that nobody uses.
ports=$(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[one.getsockname()[1] for one in sockets])')
port=${ports% *}
controller=${ports#* }
sed -e "s|{node}|1|; s|{kafka_port}|$port|; s|{advertised_port}|$port|; s|{controller_port}|$controller|" \
    -e "s|{quorum}|bootstrap.servers=127.0.0.1:$controller|; s|{copies}|1|; s|{in_sync}|1|; s|{data_dir}|$work/data|" \
    server.properties >"$work/server.properties"

java -XX:TieredStopAtLevel=1 -cp "$lib/*" kafka.tools.StorageTool format --standalone \
    --cluster-id=class-archive-0000000 -c "$work/server.properties"
java -XX:ArchiveClassesAtExit="$work/classes.jsa" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$lib/*" \
    "-Dlog4j2.configurationFile=file:$PWD/log4j2.xml" \
    kafka.Kafka "$work/server.properties" >"$work/out" 2>&1 &
broker=$!
until grep -qs "Kafka Server started" "$work/out"; do
    kill -0 "$broker" 2>/dev/null || { cat "$work/out"; exit 1; }
    sleep 0.1
done
kill "$broker"
# 143: ended as asked.
wait "$broker" || [ $? = 143 ]
broker=
mv "$work/classes.jsa" "$lib/classes.jsa"
