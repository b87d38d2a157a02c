using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RankMyBrand.Gateway.Documents;

/// <summary>
/// Merges OpenAPI 3.1 documents: the paths under /api of all services, and their components. A component's name that two services use for
/// different things gets the service's name in front, and so does the id of an operation.
/// </summary>
internal static partial class ApiDocumentMerge
{
    // All but the ways to prove who one is: those are the gateway's.
    private static readonly string[] s_kinds =
        ["schemas", "responses", "parameters", "examples", "requestBodies", "headers", "links", "callbacks", "pathItems"];

    private static readonly string[] s_methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    public static byte[] Of(IEnumerable<(string Service, JsonObject Document)> documents)
    {
        var (paths, components) = (GatewayPaths(), new JsonObject { ["schemas"] = new JsonObject() });
        var tags = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        var (templates, operations) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (service, original) in documents)
        {
            var document = original.DeepClone().AsObject();
            // What refers to a renamed component is another one now itself, so it may have to be renamed, too.
            while (Clashes(document, components) is { Count: > 0 } clashes)
                Rename(document, clashes, service);
            foreach (var (kind, name, component) in Components(document))
                ((components[kind] ??= new JsonObject()) as JsonObject)![name] = component?.DeepClone();
            foreach (var (path, item) in Members(document["paths"]))
            {
                // Two paths that differ only in the names of their parameters are the same one.
                if (path.StartsWith("/api/", StringComparison.Ordinal) && templates.Add(Parameter().Replace(path, "{}")))
                    paths[path] = Fitted(item?.DeepClone(), service, operations);
            }

            foreach (var tag in document["tags"] as JsonArray ?? [])
            {
                if (tag is JsonObject && tag["name"] is JsonValue name)
                    tags.TryAdd(name.ToString(), tag.DeepClone());
            }
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
            ["components"] = WithTheGateways(components),
            ["tags"] = new JsonArray([.. tags.Values]),
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
          "required": [ "type", "title", "status", "code", "traceId", "correlationId" ],
          "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong, and the remedy." },
            "code": {
              "enum": [ "NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "VALIDATION", "CONFLICT", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL" ]
            },
            "traceId": { "type": "string", "description": "Identifies the request in the traces and logs." },
            "correlationId": { "type": "string", "description": "The request's X-Correlation-ID, or else its traceId." },
            "violated-policies": { "type": "array", "items": { "type": "string" }, "description": "Of RATE_LIMITED: the limits that are used up." },
            "errors": { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } }
          }
        }
        """)!;

    private static JsonObject WithTheGateways(JsonObject components)
    {
        components["schemas"]!["ProblemDetails"] = Problem();
        components["securitySchemes"] = new JsonObject
        {
            ["apiKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "X-API-Key" },
            ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "An API key, or a JWT." },
        };
        return components;
    }

    private static List<(string Kind, string Name)> Clashes(JsonObject document, JsonObject taken) =>
    [
        .. from component in Components(document)
           where taken[component.Kind] is JsonObject others
               && others.TryGetPropertyValue(component.Name, out var other) && !JsonNode.DeepEquals(other, component.Value)
           select (component.Kind, component.Name),
    ];

    private static void Rename(JsonObject document, List<(string Kind, string Name)> components, string service)
    {
        foreach (var (kind, name) in components)
        {
            var members = document["components"]![kind]!.AsObject();
            var component = members[name];
            members.Remove(name);
            members[$"{service}.{name}"] = component;
        }

        Refer(document, components.ConvertAll(component => (
            $"#/components/{component.Kind}/{component.Name}", $"#/components/{component.Kind}/{service}.{component.Name}")));
    }

    /// <summary>Changes references wherever they are: in $ref, in the mapping of a discriminator, and to what is within a component.</summary>
    private static void Refer(JsonNode? node, List<(string Old, string New)> references)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items)
                Refer(item, references);
            return;
        }

        foreach (var (name, member) in Members(node).ToArray())
        {
            if (member is not JsonValue value || !value.TryGetValue<string>(out var text))
                Refer(member, references);
            else if (references.Find(reference => text == reference.Old || text.StartsWith($"{reference.Old}/", StringComparison.Ordinal))
                is { Old: not null } found)
                node![name] = found.New + text[found.Old.Length..];
        }
    }

    /// <summary>A path as it can stand beside those of the others.</summary>
    private static JsonNode? Fitted(JsonNode? path, string service, HashSet<string> operations)
    {
        foreach (var operation in s_methods.Select(method => (path as JsonObject)?[method]).OfType<JsonObject>())
        {
            if (operation["operationId"] is JsonValue id && !operations.Add(id.ToString()))
            {
                operation["operationId"] = $"{service}.{id}";
                operations.Add($"{service}.{id}");
            }

            // How a service asks for credentials is between it and the gateway; that it asks for none is for all.
            if (operation["security"] is not (null or JsonArray { Count: 0 }))
                operation.Remove("security");
        }

        return path;
    }

    private static IEnumerable<(string Kind, string Name, JsonNode? Value)> Components(JsonObject document) =>
        from kind in s_kinds
        from component in Members((document["components"] as JsonObject)?[kind])
        select (kind, component.Key, component.Value);

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Members(JsonNode? node) => node as JsonObject ?? [];

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();
}
