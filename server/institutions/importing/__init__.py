"""Lists of institutions as districts keep them, CSV or Excel, read into candidates for the register.

    reading     a file → rows with line numbers, columns known by their headers
                (``csv_source``, ``xlsx_source``, ``headers``)
    resolving   a row → the district it belongs to, or a refusal; never a guess
    kinds       a row → the kind of institution and what it was told by
    candidates  rows → ``Candidate`` or ``Reject``, duplicates within the file found
    rejects     the rejected rows as a file that opens in Excel and can be imported again once mended

Everything is a stream and pure but for the file itself; nothing here knows the database.
"""
