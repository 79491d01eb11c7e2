# Every command sets up what it needs by itself. PYTHON names another Python.
PYTHON ?= python3
DEV = $(PYTHON) -m dev

export ARGS T STANDARD SEED SIZES

.PHONY: help run test lint audit walk simulate bench shots screens shell standards-table policy terms version stop clean

help:
	@exec $(DEV) help

run:
	@exec $(DEV) run --args="$$ARGS"

test:
	@exec $(DEV) test --t="$$T"

lint:
	@exec $(DEV) lint

audit:
	@exec $(DEV) audit

walk:
	@exec $(DEV) walk --standard="$$STANDARD"

simulate:
	@exec $(DEV) simulate --seed="$$SEED"

bench:
	@exec $(DEV) bench --sizes="$$SIZES"

shots:
	@exec $(DEV) shots --t="$$T"

screens:
	@exec $(DEV) screens --t="$$T"

shell:
	@exec $(DEV) shell

standards-table:
	@exec $(DEV) standards-table

policy:
	@exec $(DEV) policy

terms:
	@exec $(DEV) terms

version:
	@exec $(DEV) version

stop:
	@exec $(DEV) stop

clean:
	@exec $(DEV) clean
