# One door for everybody. `make demo` and `make test` work from nothing on Debian.
PYTHON ?= python3.11
BIN := .venv/bin
PORTS := rp2 esp32 stm32
SOAK_S ?= 3600

.PHONY: setup demo test check types bench screenshots soak clean

setup:  ## .venv with everything in it; safe and quick to repeat
	@PYTHON=$(PYTHON) tools/setup.sh

demo: setup  ## three instruments, a gateway and its live page; ARGS="--seconds 60"
	$(BIN)/tocsin demo $(ARGS)

# What measures time has the machine to itself, after the rest.
test: setup check  ## everything that must hold
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not alone and not soak"
	$(BIN)/python -m pytest -q -m "alone and not soak"
	$(BIN)/python -m pytest -q tests/hardware

check: setup types  ## format, lint, types
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: setup
	$(BIN)/mypy
	@for port in $(PORTS); do \
	  echo "mypy firmware against MicroPython $$port"; \
	  MYPYPATH=build/typings/$$port $(BIN)/mypy --config-file tools/typings/mypy.ini \
	    --custom-typeshed-dir build/typings/$$port --cache-dir build/mypy/$$port || exit 1; \
	done

bench: setup  ## the budgets of codec, node and simulator
	$(BIN)/tocsin bench codec
	$(BIN)/tocsin bench node
	$(BIN)/tocsin bench sim

screenshots: setup  ## the README's pictures
	$(BIN)/python -m tools.screenshots

soak: setup  ## long campaigns, then the demo for SOAK_S seconds with a node killed in mid-run
	$(BIN)/python -m pytest -q -m soak -s
	$(BIN)/tocsin bench latency
	$(BIN)/tocsin demo --seconds $(SOAK_S) --kill node --json

clean:
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .hypothesis tocsin.egg-info
