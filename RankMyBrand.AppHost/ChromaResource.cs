namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Chroma vector database. Its connection string is <c>Endpoint=http://host:port</c>.</summary>
public sealed class ChromaResource(string name) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string EndpointName = "http";

    private EndpointReference? _endpoint;

    /// <summary>The HTTP endpoint of Chroma's API.</summary>
    public EndpointReference PrimaryEndpoint => _endpoint ??= new(this, EndpointName);

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Endpoint={PrimaryEndpoint.Property(EndpointProperty.Url)}");
}
