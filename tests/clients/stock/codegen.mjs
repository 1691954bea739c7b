// Generates types for every document of ./documents by the client preset: fails on anything the schema does not promise.
import { generate } from "@graphql-codegen/cli";

await generate(
  {
    schema: "schema.graphql",
    documents: ["documents/*.graphql"],
    generates: {
      "generated/": {
        preset: "client",
        presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: "sha256" } },
        config: {
          strictScalars: true,
          useTypeImports: true,
          enumsAsTypes: true,
          scalars: { Date: "string", DateTime: "string", Decimal: "string", JSON: "unknown", UnifiedSocialCreditCode: "string", MaskedText: "string", PersonalText: "string" },
        },
      },
    },
    silent: true,
    errorsOnly: true,
  },
  true,
);
