"""What each noun answers to: one module of routes per noun (API §9, WEB)."""
