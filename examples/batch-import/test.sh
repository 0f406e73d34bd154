#!/bin/sh
# Imports the orders twice and compares what an export holds with the table.
cd "$(dirname "$0")" || exit 1
exec ../../infrastructure/with-stack.sh 5500 python3 check.py
