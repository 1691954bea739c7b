"""Policy: dated, cited, explainable decisions.  Pure; knows no area, no database and no clock.

A *pack* is what one jurisdiction has decided about one kind of thing; its *versions* follow each other in time and
never change once published.  A version holds *parameters* and *rules*; a rule is a tree of conditions over declared
*facts*, and cites the clauses that it stands on.  Facts are derived from dated *events*; a *decision* is what a rule
says about them, with its reasons, and is a proposal to a person.

    terms · values · windows            the words, the typed values, the arithmetic of counting windows
    model · parameters · vocabulary     what a version is made of; declared parameters, facts, concepts
    events · facts · derive             dated events in, facts with their sources out
    tree · loading · dumping            YAML ↔ model, every refusal with file, line and column
    leaf · engine · check               what a condition may say; the only importer of CEL; all checks of a version
    evaluate · decision · judge         one version → decisions; records and replay; which version judges
    timeline · amend · diff             versions in time; drafts and templates; what a draft changes
    compare · simulate · cases          districts side by side; whom a draft touches; worked cases
    documents · coverage                source documents with clauses; which clause is implemented where
"""
