FROM python:3.11-slim

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1
WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes --requirement requirements.txt

COPY pyproject.toml README.md ./
COPY src src
COPY console console
COPY nodejs nodejs
RUN PYTHONPATH=src python -m console.build && rm -rf console/node_modules
RUN pip install --no-deps --no-build-isolation . \
    && useradd --system --uid 10001 --create-home groupchat && install --directory --owner groupchat --mode 700 /data

# Without another GROUPCHAT_DATABASE_URL, the database is in a volume, so that it outlives the container.
ENV GROUPCHAT_DATABASE_URL=sqlite:////data/groupchat.db
VOLUME /data
USER groupchat
WORKDIR /home/groupchat
EXPOSE 8000
ENTRYPOINT ["groupchat"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
