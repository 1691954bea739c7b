"""Insurance designation in the API: windows, applications and their steps, the public lists, agreements."""

from schema.insurance import words as words
