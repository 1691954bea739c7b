"""Policy: dated, cited, explainable decisions.  Knows no area.

A *pack* is what one jurisdiction decided about one kind of thing; its *versions* follow each other in time and never
change once published.  A version holds *parameters* and *rules*; a rule is a tree of conditions over declared *facts*.
Facts are derived from dated *events*; a *decision* is what a rule says about them, a proposal to a person.

    terms values windows | nodes model parameters vocabulary         words and typed values | what a version is made of
    events facts derive (counting, findings)                         dated events in, facts with their sources out
    tree cursor reading loading dumping | documents catalogue        YAML and JSON ↔ model | clauses, the whole folder
    leaf engine check (check_parameters, check_rules) problems       what a version may say; only ``engine`` knows CEL
    evaluate decision replay judge timeline                          decisions, said again; which version judges
    amend diff compare simulate cases (case_files) coverage          drafts, comparison, simulation, worked cases
    planning                                                         files against what is published

All of that is pure and knows neither database nor clock.  What is kept stands on it:

    tables store shelf                                               versions and decisions | the published ones, in memory
    keeping drafting publishing seeding errors                       the verbs, each one act | what stands in their way
"""
