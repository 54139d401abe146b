# One image for every service of docker-compose.yml. Nothing in it is writable by the account it runs under,
# but the folders that docker-compose.yml mounts volumes over.
# The lock names every package, so nothing is resolved anew: pip would take the newest `celery` for the extra that a
# provider asks for, and stop there because it has no hash.
FROM python:3.11-slim AS packages

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-deps --require-hashes --only-binary :all: --requirement /tmp/runtime.txt \
    && /opt/venv/bin/python -m compileall -q /opt/venv/lib

FROM python:3.11-slim

# Word documents become PDF through LibreOffice; the fonts stand in for Times New Roman, metric for metric.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libreoffice-writer-nogui fonts-liberation2 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*

COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/tongket \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /opt/tongket
COPY catalog catalog
COPY expectations expectations
COPY sql sql
COPY templates templates
COPY etl etl
COPY dags dags
COPY plugins plugins
COPY ops ops
COPY simulation simulation
RUN python -m compileall -q etl ops dags \
    && printf '#!/bin/sh\nexec python -m etl "$@"\n' > /usr/local/bin/tongket \
    && chmod 0755 /usr/local/bin/tongket \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tongket \
    && install --directory --owner tongket --group tongket \
       /var/log/tongket /var/lib/tongket /var/lib/tongket/inbox /var/lib/tongket/archive \
       /var/lib/tongket/outbox /var/lib/tongket/secrets /var/lib/tongket/backups /var/lib/tongket/doors \
       /var/lib/tongket/office

USER 10001:10001
CMD ["airflow", "version"]
