using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>
/// Changes with the first of several tokens, like <see cref="CompositeChangeToken"/>, but holds no lock while it tells of it. An answer and
/// so its token serve many callers, who hold locks of their own when they ask for it or are told: with one more, two of them could wait for
/// each other.
/// </summary>
internal sealed class AnyChangeToken(IReadOnlyList<IChangeToken> tokens) : IChangeToken
{
    public bool HasChanged => tokens.Any(token => token.HasChanged);

    public bool ActiveChangeCallbacks => tokens.Any(token => token.ActiveChangeCallbacks);

    public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
    {
        var registration = new Registration(callback, state);
        foreach (var token in tokens.Where(token => token.ActiveChangeCallbacks))
        {
            registration.Add(token);
        }

        return registration;
    }

    private sealed class Registration(Action<object?> callback, object? state) : IDisposable
    {
        private readonly List<IDisposable> _registrations = [];
        private int _isDone;

        public void Add(IChangeToken token) =>
            _registrations.Add(token.RegisterChangeCallback(static registration => ((Registration)registration!).Tell(), this));

        public void Dispose()
        {
            Volatile.Write(ref _isDone, 1);
            _registrations.ForEach(registration => registration.Dispose());
        }

        private void Tell()
        {
            if (Interlocked.Exchange(ref _isDone, 1) == 0)
            {
                callback(state);
            }
        }
    }
}
