# One thin layer over the press: the first command makes _build/venv from requirements.lock, then runs there.
# Variables on the command line reach the press through the environment: make book ONLY=05 JOBS=4
PYTHON ?= python3
PRESS := $(PYTHON) src/bookbuild/bootstrap.py

.PHONY: help book test check browser notebooks run studies plain links lower newest pdf bench serve lock clean

help:
	@echo "make book       execute, verify and render the book into _build/html/index.html (ONLY=05 for one page)"
	@echo "make test       everything verified, from a bare machine"
	@echo "make check      lint, types and the fast tests, without pages"
	@echo "make browser    look at every page of the built book in Chromium, light and dark, wide and narrow"
	@echo "make notebooks  refresh the committed notebooks and the ledger"
	@echo 'make run        one page with other values, into _build/runs (ONLY=14 SET="draws=8 seed=7")'
	@echo "make studies    compute the records of studies that are missing or stale (ONLY=name for one)"
	@echo "make plain      after make book: the same site without Jupyter Book, compared, in _build/plain"
	@echo "make links      after make book: whether the outside addresses are there (leaves this machine)"
	@echo "make lower      the tests under the oldest versions allowed; make newest: under the newest"
	@echo "make pdf        after make book: all of it as one printable document, _build/flowbounds.pdf"
	@echo "make bench      how much faster the fast ways are, as ratios in one run"
	@echo "make serve      show the built book on this machine (PORT=8000)"
	@echo "make lock       resolve requirements.in into requirements.lock"
	@echo "make clean      remove what builds made, except the environment"
	@echo "JOBS=4 sets how many pages or tests run side by side; PYTHON=python3.12 chooses the Python"

book test check browser notebooks run studies plain links lower newest pdf bench serve lock clean:
	@$(PRESS) $@
