using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.EventProcessor.Events;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddEventBus();
builder.AddEventArchive();
builder.AddBrandVisibility();
builder.Services.AddOpenApi();

var app = builder.Build();
app.UseWebSockets();
app.MapDefaultEndpoints();
app.MapEvents();
app.MapLiveEvents();
app.MapMetrics();
app.MapOpenApi();
await app.RunAsync();
