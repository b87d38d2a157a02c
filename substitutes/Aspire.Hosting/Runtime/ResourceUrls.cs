using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>Collects the URLs of a resource.</summary>
internal static class ResourceUrls
{
    public static async Task PublishAsync(IResource resource, RunServices run, CancellationToken cancellationToken)
    {
        var urls = new List<ResourceUrlAnnotation>();
        if (resource is IResourceWithEndpoints owner)
            urls.AddRange(owner.GetEndpoints().Where(e => e.IsAllocated).Select(e => new ResourceUrlAnnotation { Url = e.Url, Endpoint = e }));
        var context = new ResourceUrlsCallbackContext(run.ExecutionContext, resource, urls, cancellationToken)
        {
            Logger = run.Loggers.GetLogger(resource),
        };
        foreach (var callback in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>().ToArray())
            await callback.Callback(context);

        foreach (var url in urls)
        {
            // A path alone belongs to the endpoint, or to the first one.
            var owning = url.Endpoint ?? urls.FirstOrDefault(u => u.Endpoint is not null)?.Endpoint;
            if (!url.Url.Contains("://", StringComparison.Ordinal) && owning is { } endpoint)
                url.Url = new Uri(new Uri(endpoint.Url), url.Url).ToString();
            resource.Annotations.Add(url);
        }

        var snapshots = urls.OrderByDescending(u => u.DisplayOrder ?? 0).Select(u => new UrlSnapshot(u.Endpoint?.EndpointName, u.Url, IsInternal: false)
        {
            DisplayProperties = new UrlDisplayPropertiesSnapshot(u.DisplayText ?? "", u.DisplayOrder ?? 0),
        }).ToArray();
        foreach (var id in ResourceInstances.IdsOf(resource))
            run.Notifications.Publish(resource, id, s => s with { Urls = [.. snapshots] });
    }
}
