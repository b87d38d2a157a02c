namespace StackExchange.Redis;

/// <summary>Whether a condition of a transaction held, once the transaction has been executed.</summary>
public sealed class ConditionResult
{
    internal ConditionResult(Condition condition) => Condition = condition;

    /// <summary>Whether it held.</summary>
    public bool WasSatisfied { get; internal set; }

    internal Condition Condition { get; }
}
