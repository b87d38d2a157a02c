using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// The list of revocations in Redis, which all services share: a sorted set of token ids with their expiry, and one of subjects with the
/// instant before which their tokens were issued, both in Unix seconds.
/// </summary>
internal sealed class RevocationList(IConnectionMultiplexer redis)
{
    /// <summary>How many entries a step of reading takes, so that it holds up nobody else at the server.</summary>
    private const int PageSize = 1000;

    // The braces keep them in one slot of a cluster.
    private static readonly RedisKey[] s_keys = ["tokens:{revoked}:ids", "tokens:{revoked}:subjects", "tokens:{revoked}:version"];
    private static readonly RedisChannel s_channel = RedisChannel.Literal("tokens:{revoked}:changed");
    private static readonly string s_state = Load("state");
    private static readonly string s_revoke = Load("revoke");
    private static readonly string s_clean = Load("clean");

    private readonly IDatabase _database = redis.GetDatabase();

    /// <summary>A text that is another one after each change.</summary>
    public async Task<string> StateAsync() => (string?)await _database.ScriptEvaluateAsync(s_state, s_keys) ?? "";

    /// <summary>Adds an entry, or raises the score of the one that is there; it is never lowered.</summary>
    public Task AddAsync(Revocation entry) => _database.ScriptEvaluateAsync(
        s_revoke, s_keys, [(int)entry.Kind, Revocation.TextOf(entry.Score), entry.Member, (string)s_channel!]);

    /// <summary>All entries. What is added meanwhile may be among them or not.</summary>
    public async IAsyncEnumerable<Revocation> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var kind in Enum.GetValues<RevocationKind>())
        {
            var entries = _database.SortedSetScanAsync(KeyOf(kind), pageSize: PageSize);
            await foreach (var entry in entries.WithCancellation(cancellationToken))
                yield return new Revocation(kind, entry.Element.ToString(), entry.Score);
        }
    }

    /// <summary>
    /// Removes the entries whose instants lie far enough back, by the clock of Redis: one here that is wrong must not empty the list.
    /// </summary>
    /// <param name="tokens">How long tokens are kept after their expiry.</param>
    /// <param name="subjects">How long subjects are kept; null for ever.</param>
    public Task CleanAsync(TimeSpan tokens, TimeSpan? subjects) => _database.ScriptEvaluateAsync(
        s_clean, s_keys, [(long)tokens.TotalSeconds, (long)(subjects?.TotalSeconds ?? -1)]);

    /// <summary>The messages that tell of new entries. Some are lost while the connection is.</summary>
    public Task<ChannelMessageQueue> ListenAsync() => redis.GetSubscriber().SubscribeAsync(s_channel);

    private static RedisKey KeyOf(RevocationKind kind) => s_keys[(int)kind - 1];

    private static string Load(string name)
    {
        using var stream = typeof(RevocationList).Assembly
            .GetManifestResourceStream($"RankMyBrand.Foundation.Security.Tokens.Revocation.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script '{name}' is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
