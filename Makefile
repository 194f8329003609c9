# Everything a developer or a visitor types. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

.PHONY: help setup demo down test chaos bench build format clean

help: ## Lists the targets.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-8s %s\n", $$1, $$2 }'

setup: ## Makes this machine ready: container engine, images. The targets that need it call it.
	@dev/setup

demo: setup ## Starts the whole system, sends 300,000 votes, shows what becomes of them. Leaves it up.
	@dev/demo

down: ## Ends what demo left up, and removes its containers and data.
	@docker compose --profile demo --profile observability down --volumes --remove-orphans

test: setup ## Runs every check and test.
	@dev/example-tools
	@. dev/env && ./mvnw --batch-mode --no-transfer-progress verify

chaos: setup ## Lets faults strike the whole system for half an hour and checks that nothing is lost. SEED=n repeats a run, CHAOS=--help tells more.
	@dev/chaos $(if $(SEED),--seed $(SEED)) $(CHAOS)

bench: setup ## Measures the system beside its peers and writes bench/results. BENCH="ingest --rounds 5" chooses, BENCH=--help tells more.
	@dev/bench $(BENCH)

build: ## Builds processor/target/bookvotes.jar without tests.
	@./mvnw --batch-mode --no-transfer-progress -DskipTests package

format: ## Formats the code.
	@./mvnw --quiet spotless:apply

clean: ## Removes what was built.
	@./mvnw --quiet clean
