.DEFAULT_GOAL := help
.PHONY: assets bench clean help lint lock run sbom screenshots test test-long translations

UV_COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

run: ## Start the demonstration city (or, with DEMO=0, the real one): web server and worker
	@scripts/run

test: ## Lint and all tests, on SQLite and PostgreSQL
	@scripts/test

test-long: ## The same at full volume
	@LONG=1 scripts/test

lint: ## Style and types
	@scripts/setup dev
	@scripts/lint

bench: ## The benchmarks of docs/benchmarks.md
	@scripts/setup dev
	@scripts/postgis
	@.venv/bin/python -m benchmarks

lock: ## Bring the locked versions up to date
	@scripts/setup dev
	@$(UV_COMPILE) --upgrade -o requirements.lock requirements.in
	@$(UV_COMPILE) --upgrade -o requirements-dev.lock requirements-dev.in
	@$(UV_COMPILE) --upgrade --no-deps -o requirements-postgres.lock requirements-postgres.in
	@$(UV_COMPILE) --upgrade -o requirements-sbom.lock requirements-sbom.in
	@npm install --package-lock-only --silent

screenshots: ## Take the pictures of docs/screenshots once more
	@scripts/setup dev
	@scripts/chromium
	@.venv/bin/python -m tests.browser.screenshots

sbom: ## Say in CycloneDX what the service is made of: sbom-python.json, sbom-npm.json
	@scripts/sbom

translations: ## Bring the catalogues up to date with the words in code and templates
	@scripts/setup dev
	@PYTHON=.venv/bin/python scripts/translations

assets: ## Fetch the pages' map files from npm once more
	@scripts/assets again

clean: ## Remove what set-up and tests have made; instance/, with the database, stays
	@rm -rf .venv node_modules app/static/vendor build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
