"""The API under /api: one table of endpoints, what they take and give, and the OpenAPI document made from it."""
