using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace RankMyBrand.Tests.Substitutes.ServiceDiscovery;

public sealed class ServiceEndpointChangeTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Change_ToldWhileAnotherCallerLooks_LetsThatCallerOn()
    {
        var provider = new ChangingProvider();
        await using var services = Services(provider);
        var resolver = services.GetRequiredService<ServiceEndpointResolver>();
        var source = await resolver.GetEndpointsAsync("http://catalog", TestContext.Current.CancellationToken);
        var first = provider.Token;

        // One caller has begun to look at the answer when the change comes, and whoever is told of the change waits for that caller.
        var looking = first.HoldNextLook(
            () => resolver.GetEndpointsAsync("http://catalog", CancellationToken.None).AsTask());
        var hasGoneOn = false;
        source.ChangeToken.RegisterChangeCallback(
            _ =>
            {
                first.LetLook();
                hasGoneOn = looking.Wait(s_patience);
            },
            null);
        first.Change();

        Assert.True(hasGoneOn, "The caller and the one who was told of the change waited for each other.");
        Assert.Equal(2, provider.Asked);
    }

    [Fact]
    public async Task Change_OfEitherProvider_IsToldOnce()
    {
        var (one, other) = (new ChangingProvider(), new ChangingProvider());
        await using var services = Services(one, other);
        var resolver = services.GetRequiredService<ServiceEndpointResolver>();
        var source = await resolver.GetEndpointsAsync("http://catalog", TestContext.Current.CancellationToken);
        var told = 0;
        source.ChangeToken.RegisterChangeCallback(_ => told++, null);
        source.ChangeToken.RegisterChangeCallback(_ => told += 100, null).Dispose();

        Assert.False(source.ChangeToken.HasChanged);
        other.Token.Change();
        one.Token.Change();

        Assert.True(source.ChangeToken.HasChanged);
        Assert.Equal(1, told);
    }

    private static ServiceProvider Services(params ChangingProvider[] providers)
    {
        var services = new ServiceCollection();
        services.AddServiceDiscoveryCore();
        foreach (var provider in providers)
            services.AddSingleton<IServiceEndpointProviderFactory>(provider);
        return services.BuildServiceProvider();
    }

    private sealed class ChangingProvider : IServiceEndpointProviderFactory, IServiceEndpointProvider
    {
        public ManualToken Token { get; private set; } = new();

        public int Asked { get; private set; }

        public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
        {
            provider = this;
            return true;
        }

        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            Asked++;
            endpoints.AddChangeToken(Token = new ManualToken());
            endpoints.Endpoints.Add(ServiceEndpoint.Create(new DnsEndPoint("h", 81), new FeatureCollection()));
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }

    /// <summary>A token that a test changes, and that can hold up a look at it.</summary>
    private sealed class ManualToken : IChangeToken
    {
        private readonly CancellationTokenSource _changed = new();
        private readonly ManualResetEventSlim _mayLook = new();
        private readonly TaskCompletionSource _isLooking = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _holds;

        public bool ActiveChangeCallbacks => true;

        public bool HasChanged
        {
            get
            {
                if (Interlocked.Exchange(ref _holds, 0) == 1)
                {
                    _isLooking.SetResult();
                    _mayLook.Wait(s_patience);
                }

                return _changed.IsCancellationRequested;
            }
        }

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state) => _changed.Token.UnsafeRegister(callback, state);

        public void Change() => _changed.Cancel();

        public void LetLook() => _mayLook.Set();

        /// <summary>Starts something that looks at the token, and returns when it does.</summary>
        public Task HoldNextLook(Func<Task> look)
        {
            Volatile.Write(ref _holds, 1);
            var looking = Task.Run(look);
            Assert.True(_isLooking.Task.Wait(s_patience), "Nobody has looked at the token.");
            return looking;
        }
    }
}
