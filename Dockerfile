# 新版社区云：网站、后台任务、定时任务用同一个镜像，启动命令不同（见 docker-compose.yml）
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install -r requirements.txt

FROM python:3.11.14-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/communitycloud \
    STATIC_ROOT=/app/staticfiles
RUN groupadd --gid 10001 cloud \
    && useradd --uid 10001 --gid cloud --no-create-home --shell /usr/sbin/nologin cloud \
    && install -d -o cloud -g cloud -m 0700 /var/lib/communitycloud /backup
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py requirements.txt ./
COPY communitycloud communitycloud
COPY apps apps
COPY templates templates
COPY static static
# 生产环境的密钥不进镜像：整理页面文件用不到它们
RUN python manage.py collectstatic --noinput --verbosity 0 && python -m compileall -q apps communitycloud
ENV COMMUNITYCLOUD_ENV=production
USER cloud
EXPOSE 8000
CMD ["gunicorn", "--config", "python:communitycloud.gunicorn_conf", "communitycloud.wsgi"]
