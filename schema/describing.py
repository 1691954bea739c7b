"""Descriptions that are the same everywhere, written once: arguments every list or mutation has, results, the roots."""

from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, GraphQLUnionType

_ARGUMENTS = {
    "input": "输入 all that the mutation takes",
    "filter": "筛选条件 only what passes it; an empty filter passes everything",
    "groupBy": "分组字段 one group for each combination of their values; none of them: one group of all rows",
    "having": "分组条件 only groups that pass it",
    "orderBy": "排序 the first key first; the list is always in a total order",
}
_RESULT = "结果 what was done, or the problem that stood in its way"
_ROOTS = {
    "Query": "查询 reads what the caller may see, in one jurisdiction or in all",
    "Mutation": "变更 each field is one transaction, with its audit entry",
    "Subscription": "订阅 what happens, as it happens; over WebSocket (`graphql-transport-ws`)",
}


def complete(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema, with these descriptions wherever none is given."""
    for name, type_ in schema.type_map.items():
        described: Any = type_
        if isinstance(type_, GraphQLUnionType) and name.endswith("Result"):
            described.description = type_.description or _RESULT
        elif isinstance(type_, GraphQLObjectType):
            described.description = type_.description or _ROOTS.get(name)
            for field in type_.fields.values():
                for argument, given in field.args.items():
                    given.description = given.description or _ARGUMENTS.get(argument)
    return schema
