# Everything here runs as root or as an ordinary user with sudo, and works in a private Postgres: see scripts/lib.sh.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-keep test lint bench callgrind cancel attack clean

help: ## say what there is
	@echo "logfsm: state machines from log tables, inside PostgreSQL"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install packages and cargo-pgrx, make the private Postgres
	scripts/setup.sh

demo: ## learn, synthesise, score and watch a real server log; draws demo-out/postgres-session.svg
	scripts/demo.sh

demo-keep: ## the same, and leave the cluster running to look around
	scripts/demo.sh keep

test: ## all tests: core, in the database, pg_regress, sessions, attacks, README, demo, real logs
	scripts/test.sh

lint: ## formatting, clippy, documentation, pgspot
	scripts/lint.sh

bench: ## ours beside plain SQL, DuckDB, pm4py and AALpy on the same rows; writes benches/RESULTS.md (LOGFSM_DATA is needed)
	benches/peers.sh

callgrind: ## count the instructions of the hot loops
	scripts/callgrind.sh

cancel: ## cancel statements 200 times and look at what is left of them
	scripts/cancel.sh

attack: ## random, mutated and hostile calls of everything: crashes, internal errors, memory, time
	scripts/attack.sh

clean: ## stop private clusters left running, remove them, the private Postgres and what was built
	bash -c 'source scripts/lib.sh; for socket in "$$home"/*.socket; do [ ! -e "$$socket" ] || stop_cluster "$$(basename "$$socket" .socket)"; done; rm -rf "$$home"'
	cargo clean
	rm -rf demo-out results
