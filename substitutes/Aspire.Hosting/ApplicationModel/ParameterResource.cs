namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that is given from outside: from the environment, the configuration or the user's secrets.</summary>
public class ParameterResource : Resource, IExpressionValue
{
    private readonly Lazy<string> _value;

    /// <summary>A parameter whose value is asked for once.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="callback">Gives the value; it gets the default.</param>
    /// <param name="secret">Whether the value must not be shown.</param>
    public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _value = new Lazy<string>(() => callback(Default));
        Secret = secret;
    }

    /// <summary>Whether the value must not be shown.</summary>
    public bool Secret { get; }

    /// <summary>Whether the parameter stands for a connection string.</summary>
    public bool IsConnectionString { get; set; }

    /// <summary>What to use when no value is given.</summary>
    public ParameterDefault? Default { get; set; }

    /// <summary>What the parameter is for.</summary>
    public string? Description { get; set; }

    /// <summary>Whether <see cref="Description"/> is Markdown.</summary>
    public bool EnableDescriptionMarkdown { get; set; }

    /// <inheritdoc/>
    public string ValueExpression => $"{{{Name}.value}}";

    /// <summary>The configuration key that gives the value.</summary>
    internal string ConfigurationKey
    {
        get => field ?? (IsConnectionString ? $"ConnectionStrings:{Name}" : $"Parameters:{Name}");
        set;
    }

    /// <summary>Resolves the value.</summary>
    /// <exception cref="MissingParameterValueException">No value is given and there is no default.</exception>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<string?>(_value.Value);
    }

    /// <summary>Resolves the value.</summary>
    public ValueTask<string?> GetValueAsync(ValueProviderContext _, CancellationToken cancellationToken) => GetValueAsync(cancellationToken);
}

/// <summary>A parameter's value when none is given.</summary>
public abstract class ParameterDefault
{
    /// <summary>Makes the value.</summary>
    public abstract string GetDefaultValue();

    /// <summary>Describes it in a manifest.</summary>
    public abstract void WriteToManifest(Publishing.ManifestPublishingContext context);
}

/// <summary>A default that is a fixed text.</summary>
internal sealed class ConstantParameterDefault(Func<string> value) : ParameterDefault
{
    public override string GetDefaultValue() => value();

    public override void WriteToManifest(Publishing.ManifestPublishingContext context) => context.Writer.WriteString("value", value());
}
