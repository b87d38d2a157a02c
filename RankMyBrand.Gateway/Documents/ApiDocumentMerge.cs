using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RankMyBrand.Gateway.Documents;

/// <summary>
/// Merges OpenAPI 3.1 documents: the paths under /api of all services. A schema name that two services use for different things gets the
/// service's name in front.
/// </summary>
internal static class ApiDocumentMerge
{
    private const string SchemaReference = "#/components/schemas/";

    public static byte[] Of(IEnumerable<(string Service, JsonObject Document)> documents)
    {
        var (paths, schemas, tags) = (GatewayPaths(), new JsonObject(), new JsonArray());
        foreach (var (service, original) in documents)
        {
            var document = WithSchemasRenamed(original, schemas, service);
            foreach (var (name, schema) in Members(document["components"]?["schemas"]))
                schemas[name] = schema?.DeepClone();
            var open = Members(document["paths"]).Where(static member => member.Key.StartsWith("/api/", StringComparison.Ordinal));
            foreach (var (path, item) in open)
                paths.TryAdd(path, item?.DeepClone());
            foreach (var tag in (document["tags"] as JsonArray ?? []).Where(tag => !tags.Any(known => JsonNode.DeepEquals(known, tag))))
                tags.Add(tag?.DeepClone());
        }

        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "RankMyBrand Foundation",
                ["version"] = "v1",
                ["description"] =
                    "Errors are problem details (RFC 9457) with a code: NOT_FOUND, UNAUTHORIZED, FORBIDDEN, VALIDATION, "
                    + "CONFLICT, RATE_LIMITED, UNAVAILABLE or INTERNAL.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(
                new JsonObject { ["apiKey"] = new JsonArray() },
                new JsonObject { ["bearer"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = With(schemas, "ProblemDetails", Problem()),
                ["securitySchemes"] = new JsonObject
                {
                    ["apiKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "X-API-Key" },
                    ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "An API key, or a JWT." },
                },
            },
            ["tags"] = tags,
        });
    }

    /// <summary>What the gateway itself answers.</summary>
    private static JsonObject GatewayPaths() => new()
    {
        ["/ws"] = new JsonObject
        {
            ["get"] = new JsonObject
            {
                ["tags"] = new JsonArray("Real time"),
                ["summary"] = "Follows any number of streams over one WebSocket",
                ["description"] =
                    """Send {"op":"subscribe","stream":"ai.responses","after":"ENTRY-ID"?,"type":"TYPE"?}, """
                    + """{"op":"unsubscribe","stream":"ai.responses"} or {"op":"ping"}. """
                    + "A browser offers its token as the subprotocol bearer.TOKEN, beside rankmybrand.v1.",
                ["responses"] = new JsonObject
                {
                    ["101"] = new JsonObject { ["description"] = "Switching to the WebSocket protocol" },
                    ["426"] = new JsonObject { ["description"] = "The request is no WebSocket's" },
                    ["503"] = new JsonObject { ["description"] = "As many clients are connected as may be" },
                },
            },
        },
    };

    /// <summary>An error as it is really sent; what the services' framework makes of it lacks the code.</summary>
    private static JsonNode Problem() => JsonNode.Parse(
        """
        {
          "type": "object",
          "required": [ "type", "title", "status", "code", "traceId" ],
          "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong, and the remedy." },
            "code": {
                  "enum": [ "NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "VALIDATION", "CONFLICT", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL" ]
                },
            "traceId": { "type": "string", "description": "Identifies the request in the traces and logs." },
            "errors": { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } }
          }
        }
        """)!;

    private static JsonObject With(JsonObject members, string name, JsonNode value)
    {
        members[name] = value;
        return members;
    }

    private static JsonObject WithSchemasRenamed(JsonObject document, JsonObject taken, string service)
    {
        var clashes = Members(document["components"]?["schemas"])
            .Where(schema => taken.TryGetPropertyValue(schema.Key, out var other) && !JsonNode.DeepEquals(other, schema.Value))
            .Select(schema => schema.Key)
            .ToList();
        if (clashes.Count == 0)
            return document;

        var renamed = document.DeepClone().AsObject();
        var text = new StringBuilder(renamed.ToJsonString());
        foreach (var name in clashes)
            text.Replace($"\"{SchemaReference}{name}\"", $"\"{SchemaReference}{service}.{name}\"");
        renamed = JsonNode.Parse(text.ToString())!.AsObject();
        var schemas = renamed["components"]!["schemas"]!.AsObject();
        foreach (var name in clashes)
        {
            var schema = schemas[name];
            schemas.Remove(name);
            schemas[$"{service}.{name}"] = schema;
        }

        return renamed;
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Members(JsonNode? node) => node as JsonObject ?? [];
}
