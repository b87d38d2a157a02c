using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Runtime;

/// <summary>Finds the value of a parameter.</summary>
internal static class ParameterLookup
{
    /// <summary>Looks into the configuration, then at the default.</summary>
    /// <exception cref="MissingParameterValueException">There is neither.</exception>
    public static string Find(IConfigurationRoot configuration, string name, string key, ParameterDefault? @default)
    {
        // A shell cannot export a name with a hyphen. However it is written, the source that comes before the others has the say.
        var underscored = key.Replace('-', '_');
        foreach (var source in configuration.Providers.Reverse())
        {
            if ((source.TryGet(key, out var value) && value is { Length: > 0 })
                || (source.TryGet(underscored, out value) && value is { Length: > 0 }))
                return value;
        }

        if (@default is not null)
            return @default.GetDefaultValue();

        var variable = underscored.Replace(":", "__", StringComparison.Ordinal);
        throw new MissingParameterValueException(
            $"The parameter '{name}' has no value: set the configuration key '{key}', for example with the environment variable {variable}.");
    }
}

/// <summary>A default that is made once and then kept in the user's secrets.</summary>
internal sealed class PersistedParameterDefault(UserSecrets secrets, string key, ParameterDefault inner) : ParameterDefault
{
    public static ParameterDefault For(IDistributedApplicationBuilder builder, string name, ParameterDefault inner)
    {
        if (builder is not IUserSecretsOwner owner)
            return inner;
        GeneratedKeys.Of(builder.Services).Add($"Parameters:{name}");
        return new PersistedParameterDefault(owner.UserSecrets, $"Parameters:{name}", inner);
    }

    // A variable that is set to nothing hides the kept value from the configuration; it must not replace it.
    public override string GetDefaultValue() => secrets.GetOrKeep(key, inner.GetDefaultValue);

    public override void WriteToManifest(Publishing.ManifestPublishingContext context) => inner.WriteToManifest(context);
}

/// <summary>A builder with a place for generated values.</summary>
internal interface IUserSecretsOwner
{
    UserSecrets UserSecrets { get; }
}
