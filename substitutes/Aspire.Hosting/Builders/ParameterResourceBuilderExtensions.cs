using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Adds parameters.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a parameter that is read from <c>Parameters:name</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, bool secret = false) =>
        builder.AddResource(CreateParameter(builder, name, secret));

    /// <summary>Adds a parameter with a fixed value, which the configuration does not override.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(value);
        return builder.AddParameter(name, () => value, publishValueAsDefault, secret);
    }

    /// <summary>Adds a parameter whose value is computed.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, Func<string> valueGetter, bool publishValueAsDefault = false,
        bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(valueGetter);
        if (publishValueAsDefault && secret)
            throw new ArgumentException("A parameter cannot be both secret and published as a default value.", nameof(secret));

        return builder.AddResource(new ParameterResource(name, _ => valueGetter(), secret)
        {
            Default = publishValueAsDefault ? new ConstantParameterDefault(valueGetter) : null,
        });
    }

    /// <summary>Adds a parameter with a default; <paramref name="persist"/> keeps a generated one in the user's secrets.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(value);
        var parameter = CreateParameter(builder, name, secret);
        parameter.Default = persist ? PersistedParameterDefault.For(builder, name, value) : value;
        return builder.AddResource(parameter);
    }

    /// <summary>Adds a parameter that is read from another configuration key.</summary>
    public static IResourceBuilder<ParameterResource> AddParameterFromConfiguration(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string configurationKey, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(configurationKey);
        return builder.AddResource(FromConfiguration(builder, name, configurationKey, secret));
    }

    /// <summary>Says what the parameter is for.</summary>
    public static IResourceBuilder<ParameterResource> WithDescription(
        this IResourceBuilder<ParameterResource> builder, string description, bool enableMarkdown = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.Description = description;
        builder.Resource.EnableDescriptionMarkdown = enableMarkdown;
        return builder;
    }

    /// <summary>Adds a connection string that is read from <c>ConnectionStrings:name</c>.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string? environmentVariableName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource<IResourceWithConnectionString>(new ConnectionStringParameterResource(
            name, _ => ParameterLookup.Find(builder.Configuration, name, $"ConnectionStrings:{name}", null), environmentVariableName));
    }

    /// <summary>A password that is generated once per user, unless the configuration gives one.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder, string name, bool lower = true, bool upper = true, bool numeric = true, bool special = true,
        int minLower = 0, int minUpper = 0, int minNumeric = 0, int minSpecial = 0) =>
        CreateGeneratedParameter(builder, name, secret: true, new GenerateParameterDefault
        {
            Lower = lower,
            Upper = upper,
            Numeric = numeric,
            Special = special,
            MinLower = minLower,
            MinUpper = minUpper,
            MinNumeric = minNumeric,
            MinSpecial = minSpecial,
        });

    /// <summary>A parameter that is generated once per user, unless the configuration gives a value.</summary>
    public static ParameterResource CreateGeneratedParameter(
        IDistributedApplicationBuilder builder, string name, bool secret, GenerateParameterDefault parameterDefault)
    {
        var parameter = CreateParameter(builder, name, secret);
        parameter.Default = PersistedParameterDefault.For(builder, name, parameterDefault);
        return parameter;
    }

    /// <summary>A parameter that is read from <c>Parameters:name</c>.</summary>
    public static ParameterResource CreateParameter(IDistributedApplicationBuilder builder, string name, bool secret)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return FromConfiguration(builder, name, $"Parameters:{name}", secret);
    }

    private static ParameterResource FromConfiguration(IDistributedApplicationBuilder builder, string name, string key, bool secret) =>
        new(name, @default => ParameterLookup.Find(builder.Configuration, name, key, @default), secret) { ConfigurationKey = key };
}

/// <summary>Adds connection strings.</summary>
public static class ConnectionStringBuilderExtensions
{
    /// <summary>Adds a connection string made of other values.</summary>
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, ReferenceExpression connectionStringExpression)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
    }

    /// <summary>Adds a connection string made of other values.</summary>
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, Action<ReferenceExpressionBuilder> connectionStringBuilder)
    {
        ArgumentNullException.ThrowIfNull(connectionStringBuilder);
        var expression = new ReferenceExpressionBuilder();
        connectionStringBuilder(expression);
        return builder.AddConnectionString(name, expression.Build());
    }
}

/// <summary>A connection string made of other values.</summary>
public sealed class ConnectionStringResource(string name, ReferenceExpression connectionStringExpression)
    : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
{
    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression { get; } =
        connectionStringExpression ?? throw new ArgumentNullException(nameof(connectionStringExpression));
}

/// <summary>A connection string that comes from the configuration.</summary>
internal sealed class ConnectionStringParameterResource : ParameterResource, IResourceWithConnectionString
{
    public ConnectionStringParameterResource(string name, Func<ParameterDefault?, string> callback, string? environmentVariableName)
        : base(name, callback, secret: true)
    {
        IsConnectionString = true;
        ConnectionStringEnvironmentVariable = environmentVariableName;
    }

    public string? ConnectionStringEnvironmentVariable { get; }

    public ReferenceExpression ConnectionStringExpression =>
        new("{0}", [new ParameterValue(this)], [ValueExpression], [null]);

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    ValueTask<string?> IResourceWithConnectionString.GetConnectionStringAsync(CancellationToken cancellationToken) => GetValueAsync(cancellationToken);

    private sealed class ParameterValue(ParameterResource parameter) : IExpressionValue
    {
        public string ValueExpression => $"{{{parameter.Name}.value}}";

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => parameter.GetValueAsync(cancellationToken);
    }
}
