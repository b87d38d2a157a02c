using Microsoft.Extensions.DependencyInjection;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Gets the handler from a scope of its own for each call, so that it may be registered as scoped and use what is scoped.
/// </summary>
internal sealed class ScopedHandler<THandler>(IServiceScopeFactory scopes) : IEventHandler
    where THandler : class, IEventHandler
{
    public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(deliveries, cancellationToken);
    }
}
