using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>Checks every policy and finds all faults at once. A message names the setting, its value and what was expected.</summary>
internal sealed class RateLimitsOptionsValidator : IValidateOptions<RateLimitsOptions>
{
    public ValidateOptionsResult Validate(string? name, RateLimitsOptions options)
    {
        var check = new Check(RateLimitsOptions.Section);
        var tag = options.KeyPrefix.IndexOf('{', StringComparison.Ordinal);
        check.That(
            tag >= 0 && options.KeyPrefix.IndexOf('}', tag) > tag + 1, nameof(options.KeyPrefix), options.KeyPrefix,
            "contain a hash tag, some text in braces, such as 'rl:{rl}:'");
        check.InRange(nameof(options.Instances), options.Instances, 1, 10_000);
        check.InRange(nameof(options.RedisTimeout), options.RedisTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30));
        check.InRange(nameof(options.ProbeInterval), options.ProbeInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        check.InRange(nameof(options.Hold), options.Hold, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        check.InRange(nameof(options.MaxLocalKeys), options.MaxLocalKeys, 1, 10_000_000);
        foreach (var (policyName, policy) in options.Policies)
        {
            check.That(
                IsName(policyName), $"Policies:{policyName}", policyName,
                "have a name of 1 to 64 letters, digits, '.', '_' and '-'");
            ValidatePolicy(check.In($"Policies:{policyName}"), policy);
        }

        return check.Failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(check.Failures);
    }

    private static void ValidatePolicy(Check check, RateLimitPolicyOptions policy)
    {
        check.OneOf(nameof(policy.Algorithm), policy.Algorithm);
        check.OneOf(nameof(policy.Mode), policy.Mode);
        check.OneOf(nameof(policy.Failure), policy.Failure);
        foreach (var partition in policy.PartitionBy)
            check.OneOf(nameof(policy.PartitionBy), partition);
        check.That(
            policy.PartitionBy.Distinct().Count() == policy.PartitionBy.Count, nameof(policy.PartitionBy),
            string.Join(", ", policy.PartitionBy), "name each part once");
        check.InRange(nameof(policy.Segments), policy.Segments, 1, 60);
        check.InRange(nameof(policy.LeaseDuration), policy.LeaseDuration, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        if (policy.BlockSize is { } block)
            check.InRange(nameof(policy.BlockSize), block, 1, 1_000_000);
        check.That(
            policy.Mode != RateLimitMode.Leased || policy.Algorithm != RateLimitAlgorithm.Concurrency, nameof(policy.Mode), policy.Mode,
            $"be {nameof(RateLimitMode.Atomic)} for the algorithm {nameof(RateLimitAlgorithm.Concurrency)}: a slot that is in "
            + "use cannot be taken in advance");

        ValidateNumbers(check, policy, policy.Permits, policy.Window, policy.Burst, policy.Cost);
        foreach (var (overrideName, other) in policy.Overrides)
        {
            ValidateNumbers(
                check.In($"Overrides:{overrideName}"), policy, other.Permits ?? policy.Permits, other.Window ?? policy.Window,
                other.Burst ?? (other.Permits is null ? policy.Burst : null), other.Cost ?? policy.Cost);
        }

        var byKey = policy.Overrides.GroupBy(other => other.Value.Key ?? other.Key, StringComparer.Ordinal);
        foreach (var same in byKey.Where(keys => keys.Skip(1).Any()))
        {
            check.That(
                false, nameof(policy.Overrides), string.Join(", ", same.Select(other => other.Key)),
                $"have one override for the key '{same.Key}'");
        }
    }

    private static void ValidateNumbers(
        Check check, RateLimitPolicyOptions policy, long permits, TimeSpan window, long? burst, long cost)
    {
        var isConcurrency = policy.Algorithm == RateLimitAlgorithm.Concurrency;
        var isBucket = policy.Algorithm == RateLimitAlgorithm.TokenBucket;
        if (!check.InRange(nameof(policy.Permits), permits, 1, isConcurrency ? 100_000 : 1_000_000_000))
            return;
        check.That(
            isBucket || burst is null, nameof(policy.Burst), burst,
            $"be left out: only a {nameof(RateLimitAlgorithm.TokenBucket)} has one");
        if (isBucket && burst is { } least && !check.InRange(nameof(policy.Burst), least, 1, 1_000_000_000))
            return;
        var capacity = isBucket ? burst ?? permits : permits;
        check.That(cost >= 1 && cost <= capacity, nameof(policy.Cost), cost, $"be from 1 to {capacity}, what the limit holds");
        if (isConcurrency)
            return;

        if (!check.InRange(nameof(policy.Window), window, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(31)))
            return;
        check.That(window.Ticks % TimeSpan.TicksPerMillisecond == 0, nameof(policy.Window), window, "be a whole number of milliseconds");
        // The script counts in whole numbers up to 2^53.
        var mostBurst = Math.Floor(RateLimitRule.LongestRefill / window * permits);
        check.That(
            capacity <= mostBurst, nameof(policy.Burst), burst,
            $"be at most {mostBurst}, or {nameof(policy.Permits)} higher, or {nameof(policy.Window)} shorter: by {permits} in {window} the "
            + $"bucket would take longer than {RateLimitRule.LongestRefill.TotalDays} days to be full again");
        check.That(
            Math.Max(capacity, permits) * window.TotalMilliseconds <= 1L << 53, nameof(policy.Window), window,
            $"be shorter, or the limit of {Math.Max(capacity, permits)} lower: their product is counted exactly up to 9007199254740992 ms");
    }

    private static bool IsName(string name) =>
        name.Length is >= 1 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private sealed class Check(string path, List<string>? failures = null)
    {
        public List<string> Failures { get; } = failures ?? [];

        public Check In(string part) => new($"{path}:{part}", Failures);

        public bool That(bool holds, string key, object? value, string expected)
        {
            if (!holds)
                Failures.Add($"{path}:{key} is '{value}'; it must {expected}.");
            return holds;
        }

        public bool InRange<T>(string key, T value, T min, T max)
            where T : IComparable<T> =>
            That(value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0, key, value, $"be from {min} to {max}");

        public bool OneOf<T>(string key, T value)
            where T : struct, Enum =>
            That(Enum.IsDefined(value), key, value, $"be one of {string.Join(", ", Enum.GetNames<T>())}");
    }
}
