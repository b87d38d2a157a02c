using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// The last API key that was found good on a connection; a feature of it. The requests of a connection mostly have the same key, and
/// comparing it costs a fraction of hashing it. It is forgotten with the connection.
/// </summary>
internal sealed class ProvenKey
{
    private volatile Proof? _last;

    /// <summary>The owner of a key, if it is the one that was found good and the same keys are still in force.</summary>
    public ApiKeyIdentity? Find(ReadOnlySpan<char> key, object generation) =>
        _last is { } last && ReferenceEquals(last.Generation, generation) && IsSame(key, last.Key) ? last.Owner : null;

    public void Remember(ReadOnlySpan<char> key, object generation, ApiKeyIdentity owner) =>
        _last = new Proof(key.ToString(), generation, owner);

    // A proxy may lend its connection to many clients, so none of them may learn from the time how much of a guess was right.
    private static bool IsSame(ReadOnlySpan<char> key, string proven) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(key), MemoryMarshal.AsBytes(proven.AsSpan()));

    private sealed record Proof(string Key, object Generation, ApiKeyIdentity Owner);
}
