using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>All policies as they are in force. Never changes; a new configuration makes a new plan.</summary>
internal sealed class RateLimitPlan
{
    /// <summary>Longer keys are replaced by their hash, so that a caller cannot fill Redis with one.</summary>
    private const int MaxKeyLength = 128;

    /// <summary>How long a policy that went out of force still answers those who had chosen it before.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, RateLimitRule> _rules = new(StringComparer.Ordinal);
    private readonly FrozenDictionary<string, Policy> _policies;
    private readonly FrozenDictionary<string, Former> _former = FrozenDictionary<string, Former>.Empty;
    private readonly LocalClock _clock;

    /// <param name="options">Valid options.</param>
    /// <param name="clock">Tells how long policies are out of force.</param>
    /// <param name="previous">
    /// The plan until now. A rule that has not changed is taken over: what is known by it (blocks, refusals) stays known. A policy that is
    /// not in force any more is kept a while for the requests that are under way.
    /// </param>
    public RateLimitPlan(RateLimitsOptions options, LocalClock clock, RateLimitPlan? previous = null)
    {
        (Options, _clock) = (options, clock);
        _policies = options.Policies.ToFrozenDictionary(
            policy => policy.Key, policy => Read(policy.Key, policy.Value, previous), StringComparer.Ordinal);
        if (previous is not null)
            _former = FormerSince(previous);
    }

    public RateLimitsOptions Options { get; }

    public IReadOnlyList<string> Names => _policies.Keys;

    /// <exception cref="ArgumentException">There is no such policy, nor was there lately, or the cost is negative.</exception>
    public Claim Resolve(in RateLimitRequest request)
    {
        var policy = Find(request.Policy);
        var rule = policy.RuleFor(request.Key);
        if (request.Cost < 0)
        {
            throw new ArgumentException(
                $"A check of the rate limit '{request.Policy}' has the cost {request.Cost}; it must not be negative.");
        }

        var key = request.Key.Length <= MaxKeyLength
            ? request.Key
            : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Key)));
        return new Claim(rule, key, request.Cost == 0 ? rule.Cost : request.Cost);
    }

    /// <exception cref="ArgumentException">There is no such policy, nor was there lately.</exception>
    public string KeyFor(string policy, in RateLimitCaller caller) => caller.Key(Find(policy).PartitionBy);

    /// <summary>Whether a policy is in force.</summary>
    public bool Contains(string policy) => _policies.ContainsKey(policy);

    private Policy Find(string name)
    {
        if (_policies.TryGetValue(name, out var policy))
            return policy;
        if (_former.TryGetValue(name, out var former) && _clock.Now < former.Until)
            return former.Policy;
        throw new ArgumentException(
            $"There is no rate limit policy '{name}'. Known policies: {string.Join(", ", _policies.Keys.Order(StringComparer.Ordinal))}. "
            + $"Add it under {RateLimitsOptions.Section}:Policies.");
    }

    private FrozenDictionary<string, Former> FormerSince(RateLimitPlan previous)
    {
        var now = _clock.Now;
        var until = _clock.After(now, s_grace);
        return previous._policies.Select(policy => KeyValuePair.Create(policy.Key, new Former(policy.Value, until)))
            .Concat(previous._former.Where(former => now < former.Value.Until))
            .Where(former => !_policies.ContainsKey(former.Key))
            .ToFrozenDictionary(StringComparer.Ordinal);
    }

    private Policy Read(string name, RateLimitPolicyOptions options, RateLimitPlan? previous)
    {
        var overrides = options.Overrides.ToFrozenDictionary(
            other => other.Value.Key ?? other.Key, other => Rule(other.Value), StringComparer.Ordinal);
        return new Policy(Rule(null), overrides, [.. options.PartitionBy]);

        RateLimitRule Rule(RateLimitOverrideOptions? other)
        {
            var rule = new RateLimitRule(name, options, other, Options);
            return _rules[rule.Signature] = previous?._rules.GetValueOrDefault(rule.Signature) ?? rule;
        }
    }

    private sealed record Policy(RateLimitRule Rule, FrozenDictionary<string, RateLimitRule> Overrides, RateLimitPartition[] PartitionBy)
    {
        public RateLimitRule RuleFor(string key) => Overrides.Count > 0 && Overrides.TryGetValue(key, out var other) ? other : Rule;
    }

    private sealed record Former(Policy Policy, long Until);
}

/// <summary>A request with the rule that holds for it.</summary>
internal readonly record struct Claim(RateLimitRule Rule, string Key, long Cost)
{
    public LimitKey LimitKey => new(Rule, Key);

    public StateKey StateKey => new(Rule.Prefix, Key);
}

/// <summary>One limit of one key.</summary>
internal readonly record struct LimitKey(RateLimitRule Rule, string Key);

/// <summary>What Redis counts a limit of one key by. Unlike the rule it is the same after a reload that changes numbers only.</summary>
internal readonly record struct StateKey(string Prefix, string Key);
