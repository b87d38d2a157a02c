namespace RankMyBrand.Foundation.Events;

/// <summary>Events were not appended, or it is not known whether they were.</summary>
/// <param name="message">Why.</param>
/// <param name="isTransient">Whether another try may succeed.</param>
internal sealed class AppendFailedException(string message, bool isTransient) : Exception(message)
{
    public bool IsTransient { get; } = isTransient;
}
