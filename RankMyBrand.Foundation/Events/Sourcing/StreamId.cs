namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The identity of an event-sourced stream, usually of one aggregate: its tenant and its name, for example <c>brand-42</c>.
/// </summary>
public sealed record StreamId
{
    private const int MaxLength = 256;

    /// <summary>Names a stream of a tenant; null is the default tenant.</summary>
    /// <exception cref="ArgumentException">
    /// The name or the tenant is empty, longer than 256 characters, or has control characters.
    /// </exception>
    public StreamId(string? tenant, string name)
    {
        Tenant = Check(tenant ?? EventStore.DefaultTenant, "tenant");
        Name = Check(name, "name");
    }

    /// <summary>The tenant that owns the stream.</summary>
    public string Tenant { get; }

    /// <summary>The stream's name, unique within the tenant.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{Name}";

    private static string Check(string value, string part) =>
        value.Length is > 0 and <= MaxLength && !value.Any(char.IsControl)
            ? value
            : throw new ArgumentException(
                $"The {part} '{value}' of a stream is not valid: it must have 1 to {MaxLength} characters and no control characters.");
}
