using Microsoft.OpenApi;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>Describes what a <see cref="QueryReader"/> reads.</summary>
internal static class QueryDescription
{
    /// <summary>Names the parameters of the query in the OpenAPI document; none of them is required.</summary>
    public static RouteHandlerBuilder TakesQuery(
        this RouteHandlerBuilder endpoint, params (string Name, string Description)[] parameters) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (var (name, description) in parameters)
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Query,
                    Description = description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }

            return Task.CompletedTask;
        });
}
