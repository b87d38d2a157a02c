namespace RankMyBrand.Foundation.Security;

/// <summary>A member of a JWK set that is not used.</summary>
/// <param name="Index">Its place in <c>keys</c>, from 0.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedKey(int Index, JwkRefusal Reason)
{
    /// <summary>For a log line.</summary>
    public override string ToString() => $"keys[{Index}]: {Reason}";
}
