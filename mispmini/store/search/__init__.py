"""restSearch in SQL: what a viewer may find, by the filters of API §8 (drivers and plans: SPEED §2.3, §3)."""
