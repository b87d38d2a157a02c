namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Redis server in a container.</summary>
public class RedisResource(string name) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "tcp";
    internal const string Scheme = "redis";

    /// <summary>A server with a password.</summary>
    public RedisResource(string name, ParameterResource password)
        : this(name)
    {
        PasswordParameter = password;
        ShellExecution = true;
    }

    /// <summary>The server's endpoint.</summary>
    public EndpointReference PrimaryEndpoint => field ??= new EndpointReference(this, PrimaryEndpointName);

    /// <summary>The endpoint's host.</summary>
    public EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    /// <summary>The endpoint's port.</summary>
    public EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    /// <summary>The password, or null for none.</summary>
    public ParameterResource? PasswordParameter { get; private set; }

    /// <summary>Whether the endpoint speaks TLS.</summary>
    public bool TlsEnabled => PrimaryEndpoint.TlsEnabled;

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression =>
        this.TryGetLastAnnotation<ConnectionStringRedirectAnnotation>(out var redirect)
            ? redirect.Resource.ConnectionStringExpression
            : OwnConnectionString();

    /// <summary><c>redis://:password@host:port</c></summary>
    public ReferenceExpression UriExpression
    {
        get
        {
            var uri = new ReferenceExpressionBuilder();
            uri.Append($"{PrimaryEndpoint.Property(EndpointProperty.Scheme)}://");
            if (PasswordParameter is { } password)
                uri.Append($":{password:uri}@");
            uri.Append($"{Host}:{Port}");
            return uri.Build();
        }
    }

    /// <summary>Resolves the connection string.</summary>
    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties()
    {
        yield return new("Host", ReferenceExpression.Create($"{Host}"));
        yield return new("Port", ReferenceExpression.Create($"{Port}"));
        if (PasswordParameter is { } password)
            yield return new("Password", ReferenceExpression.Create($"{password}"));
        yield return new("Uri", UriExpression);
    }

    internal void SetPassword(ParameterResource? password) => PasswordParameter = password;

    private ReferenceExpression OwnConnectionString()
    {
        var text = new ReferenceExpressionBuilder();
        text.Append($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}");
        if (PasswordParameter is { } password)
            text.Append($",password={password}");
        text.Append($"{PrimaryEndpoint.GetTlsValue(ReferenceExpression.Create($",ssl=true"), ReferenceExpression.Empty)}");
        return text.Build();
    }
}
