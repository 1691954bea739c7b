"""From a selection to rows: knows neither GraphQL nor any area, and is tested with a toy schema.

``binding`` says where fields live, ``selection`` what a caller asked for, ``scope`` on whose behalf, ``predicates`` and
``keyset`` turn arguments into SQL text, ``naive`` answers with one SELECT per link.
"""
