#!/usr/bin/env python3
"""Writes docs/configuration.md and docs/metrics.md from the sources.

Keys, defaults and variables come from the built binaries (`<service> config`),
sentences from the documentation of the fields. With --check it changes nothing
and fails when a page is not current.

    docs/reference.py [--check] [--binaries target/debug]
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ["capture-api", "consumer", "query-api", "auth-api", "realtime", "dashboard", "clickhouse-embedded"]
FIELD = re.compile(r"((?:\s*///[^\n]*\n)+)(?:\s*#\[[^\n]*\n)*\s*pub (\w+): ([^\n]+),\n")
STRUCT = re.compile(r"pub struct (\w+) \{\n(.*?)\n\}", re.S)
METRIC = re.compile(r"Metric::(counter|gauge|duration|size)\(\s*((?:[^()]|\([^()]*\))*?)\)\s*[;,]", re.S)


def sources():
    for folder in ("services", "infrastructure", "schemas"):
        for path in sorted((ROOT / folder).rglob("*.rs")):
            if "node_modules" not in path.parts and "tests" not in path.parts:
                yield path


def sentence(comment):
    lines = [line.strip()[3:].strip() for line in comment.strip().splitlines()]
    text = " ".join(lines).split("  ")[0]
    text = re.sub(r"\[`([^`]+)`\](\([^)]*\))?", r"`\1`", text)
    return text.replace("|", "\\|")


def structs(text):
    """Fields with documentation, by struct: {name: {field: (type, sentence)}}."""
    found = {}
    for name, body in STRUCT.findall(text):
        fields = {field: (kind.strip(), sentence(comment)) for comment, field, kind in FIELD.findall(body + "\n")}
        found.setdefault(name, {}).update(fields)
    return found


def describe(key, known, root):
    """The sentence of a dotted key, found by walking the types from `Config`."""
    here, text = "Config", ""
    for part in key.split("."):
        fields = root if here == "Config" else known.get(here, {})
        if part not in fields:
            return text
        kind, text = fields[part]
        here = re.sub(r"^(Option|Arc|Box)<(.*)>$", r"\2", kind).split("::")[-1]
    return text


def configuration(binaries):
    known = {}
    for path in sources():
        for name, fields in structs(path.read_text()).items():
            if name != "Config":
                known.setdefault(name, {}).update(fields)
    lines = [
        "# Configuration",
        "",
        "Made by `docs/reference.py` from the sources. A key comes from the built-in default, then the TOML file",
        "(`$MILLRACE_CONFIG`, else `millrace.toml` in the state folder), then the environment; the variable of `a.b.c` is",
        "`MILLRACE_A__B__C`. `<key>_file` reads the value of `<key>` from a file. Unknown keys are refused. `millrace config`",
        "prints what is in force and where each value came from.",
    ]
    rows = {}
    for service in SERVICES:
        config = next((ROOT / folder / service / "src/config.rs" for folder in ("services", "infrastructure")
                       if (ROOT / folder / service / "src/config.rs").exists()))
        root = structs(config.read_text()).get("Config", {})
        printed = subprocess.run([binaries / service, "config", "--json"], env={}, capture_output=True, check=True)
        for setting in json.loads(printed.stdout):
            key = setting["key"]
            row = rows.setdefault(key, {"default": setting["value"], "text": "", "services": []})
            row["services"].append(service)
            row["text"] = row["text"] or describe(key, known, root)
    for section in sorted({key.split(".")[0] for key in rows}):
        readers = sorted({name for key, row in rows.items() if key.split(".")[0] == section for name in row["services"]})
        lines += ["", f"## [{section}]", "", f"Read by {', '.join(readers)}.", "", "| key | default | meaning |", "|---|---|---|"]
        for key, row in sorted(rows.items()):
            if key.split(".")[0] == section:
                default = f"`{row['default']}`" if row["default"] not in ("", "null") else "unset"
                lines.append(f"| `{key}` | {default} | {row['text']} |")
    return "\n".join(lines) + "\n"


def metrics():
    lines = ["# Metrics", "", "Made by `docs/reference.py` from the sources. Every service answers `GET /metrics` in Prometheus' format."]
    by_crate = {}
    for path in sources():
        for kind, arguments in METRIC.findall(path.read_text()):
            texts = re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)
            if len(texts) < 2:
                continue
            crate = next(part for part in reversed(path.relative_to(ROOT).parts[:path.relative_to(ROOT).parts.index("src")]))
            unit = "seconds" if kind == "duration" else (re.findall(r"Unit::(\w+)", arguments) or ["Count"])[0].lower()
            meaning = re.sub(r"\\\s+", "", texts[-1])
            by_crate.setdefault(crate, []).append((texts[0], kind, unit, ", ".join(texts[1:-1]), meaning))
    for crate, rows in sorted(by_crate.items()):
        lines += ["", f"## {crate}", "", "| metric | kind | unit | labels | meaning |", "|---|---|---|---|---|"]
        lines += [f"| `{name}` | {kind} | {unit} | {labels} | {meaning} |" for name, kind, unit, labels, meaning in sorted(rows)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when a page is not current")
    parser.add_argument("--binaries", type=Path, default=ROOT / "target/debug", help="folder of the built services")
    options = parser.parse_args()
    stale = []
    for name, text in (("configuration.md", configuration(options.binaries.resolve())), ("metrics.md", metrics())):
        page = ROOT / "docs" / name
        if options.check:
            if not page.exists() or page.read_text() != text:
                stale.append(name)
        else:
            page.write_text(text)
    if stale:
        print(f"not current: {', '.join(stale)}; run docs/reference.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
