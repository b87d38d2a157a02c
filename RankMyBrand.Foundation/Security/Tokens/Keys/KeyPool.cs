using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace RankMyBrand.Foundation.Security;

/// <summary>Copies of one key, because the platform does not promise that an algorithm object can be used by two threads at once.</summary>
internal sealed class KeyPool<T>(Func<T> create)
    where T : AsymmetricAlgorithm
{
    private readonly ConcurrentBag<T> _idle = [];
    private volatile bool _closed;

    public T Rent() => _idle.TryTake(out var key) ? key : create();

    public void Return(T key)
    {
        if (_closed)
            key.Dispose();
        else
            _idle.Add(key);
    }

    /// <summary>Frees the copies, those on loan as they come back. A pool that is just dropped leaves that to their finalizers.</summary>
    public void Close()
    {
        _closed = true;
        while (_idle.TryTake(out var key))
            key.Dispose();
    }
}
