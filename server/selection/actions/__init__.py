"""What can be done in a selection, one module a stage: ``calls``, ``applying``, ``examining``, ``committees``, ``scoring``,
``determining``, ``objecting``, ``awarding``.
"""
