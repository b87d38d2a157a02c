using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>The endpoints of one service: resolved on demand, by one caller for all, and again once a change token has fired.</summary>
internal sealed class ServiceEndpointWatcher(
    IReadOnlyList<IServiceEndpointProvider> providers, TimeProvider time, TimeSpan refreshPeriod) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Answer? _answer;
    private Task<Answer>? _resolving;
    private long _lastUse = time.GetTimestamp();

    public TimeSpan IdleFor => time.GetElapsedTime(Volatile.Read(ref _lastUse));

    public ValueTask<ServiceEndpointSource> GetEndpointsAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _lastUse, time.GetTimestamp());
        return Volatile.Read(ref _answer) is { } answer && IsFresh(answer)
            ? ValueTask.FromResult(answer.Source)
            : new ValueTask<ServiceEndpointSource>(RefreshAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in providers)
        {
            await provider.DisposeAsync();
        }
    }

    private bool IsFresh(Answer answer) =>
        !answer.Source.ChangeToken.HasChanged && (answer.IsWatched || time.GetElapsedTime(answer.At) < refreshPeriod);

    private async Task<ServiceEndpointSource> RefreshAsync(CancellationToken cancellationToken)
    {
        Task<Answer> resolving;
        lock (_gate)
        {
            // The resolution serves every waiting caller, so no single caller's token may end it.
            resolving = _resolving is { IsCompleted: false } running ? running : _resolving = ResolveAsync();
        }

        return (await resolving.WaitAsync(cancellationToken)).Source;
    }

    private async Task<Answer> ResolveAsync()
    {
        var builder = new Builder();
        foreach (var provider in providers)
        {
            await provider.PopulateAsync(builder, CancellationToken.None);
        }

        var answer = new Answer(builder.Build(), builder.IsWatched, time.GetTimestamp());
        Volatile.Write(ref _answer, answer);
        return answer;
    }

    private sealed record Answer(ServiceEndpointSource Source, bool IsWatched, long At);

    private sealed class Builder : IServiceEndpointBuilder
    {
        private readonly List<ServiceEndpoint> _endpoints = [];
        private readonly List<IChangeToken> _tokens = [];

        public IList<ServiceEndpoint> Endpoints => _endpoints;

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public bool IsWatched => _tokens.Count > 0;

        public void AddChangeToken(IChangeToken changeToken) => _tokens.Add(changeToken);

        public ServiceEndpointSource Build() => new(_endpoints, new AnyChangeToken(_tokens), Features);
    }
}
