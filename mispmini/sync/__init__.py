"""Everything that crosses to and from partners: push, pull, feeds and the one outbound client."""
