"""config.example.toml, and an environment with all the secrets that it names."""

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

HASH = "$argon2id$v=19$m=65536,t=3,p=4$n+I/TyqYg6zZMrfNmFX6Sg$KcBoFaglcPxMrvsMAOIsKVxbw7SO/SmcZQKw+ihHLBs"

ENV = {
    "HOME": "/nonexistent",
    "ALICE_PASSWORD": HASH,
    "CUSTOMER_PASSWORD": HASH,
    "PROXY_SECRET": "a proxy",
    "SHOP_USER_PASSWORD": "a password",
    "SHOP_TOKEN": "a-token",
    "SHOP_KEY_PASSWORD": "another",
    "DB_PASSWORD": "a third",
    "CACHE_URL": "redis://probe:password@cache.example:6379/0",
    "PROXY_URL": "http://proxy.example:3128",
    "BACKUP_TOKEN": "0123456789abcdef",
    "SLACK_WEBHOOK": "https://hooks.slack.example/services/T0/B0/x",
    "SLACK_TOKEN": "xoxb-0-0-x",
    "SMTP_PASSWORD": "a fourth",
    "PD_KEY": "0123456789abcdef0123456789abcdef",
    "TWILIO_TOKEN": "0123456789abcdef",
    "HOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    "HOOK_OLD_SECRET": "whsec_NzY1NDMyMTBmZWRjYmE5ODc2NTQzMjEwZg==",
    "NTFY_URL": "ntfys://ntfy.example/alerts",
    "PING_URL": "https://ping.example/slawatch",
}
