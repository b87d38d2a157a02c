using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace RankMyBrand.Tests.Platform;

/// <summary>What tests ask of the event API again and again.</summary>
internal static class EventsClient
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    /// <summary>Waits until the store holds <paramref name="count"/> events of a type; returns them from the oldest to the newest.</summary>
    public static async Task<IReadOnlyList<JsonNode>> WaitForEventsAsync(
        this HttpClient client, string type, int count, string stream = "ai.responses")
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(s_patience);
        while (true)
        {
            var page = await client.GetFromJsonAsync<JsonObject>($"/api/events/{stream}?type={type}&limit=1000&order=asc", timeout.Token);
            var items = page!["items"]!.AsArray().Select(item => item!).ToList();
            if (items.Count >= count)
                return items;
            await Task.Delay(50, timeout.Token);
        }
    }
}
