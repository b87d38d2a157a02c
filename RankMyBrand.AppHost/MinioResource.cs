namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// An S3 object store. Its connection string is <c>Endpoint=http://host:port;AccessKey=…;SecretKey=…</c>.
/// </summary>
public sealed class MinioResource(string name, ParameterResource userName, ParameterResource password)
    : ContainerResource(name), IResourceWithConnectionString
{
    internal const string EndpointName = "http";

    private EndpointReference? _endpoint;

    /// <summary>The HTTP endpoint of the S3 API.</summary>
    public EndpointReference PrimaryEndpoint => _endpoint ??= new(this, EndpointName);

    /// <summary>The access key of the root user.</summary>
    public ParameterResource UserNameParameter { get; } = userName;

    /// <summary>The secret key of the root user.</summary>
    public ParameterResource PasswordParameter { get; } = password;

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Endpoint={PrimaryEndpoint.Property(EndpointProperty.Url)};AccessKey={UserNameParameter};SecretKey={PasswordParameter}");
}
