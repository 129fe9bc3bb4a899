"""Words by which mail programs mark quotes, forwards, signatures and absences, in the languages they speak.

Only data and its compilation: what to do with a match is decided in `mail_quotes` and `mail_kind`.
"""

from __future__ import annotations

import re

# Attribution lines whose verb ends the line: "On 3 May 2024, Ana wrote:".
_VERB_LAST = (
    "wrote", "writes", "a écrit", "a ecrit", "écrivait", "escribió", "escribio", "escreveu", "ha scritto",
    "ha escrit", "va escriure", "menulis", "ditulis", "tulis", "pisze", "napisał", "napisała", r"napisał\(a\)",
    "napsal", "napsala", r"napsal\(a\)", "napísal", "napísala", r"napísal\(a\)", "píše", "a scris",
    "şunu yazdı", "yazdı", "пишет", "написал", "написала", r"написал\(а\)", r"писал\(а\)", "пише", "написав",
    "написа", "έγραψε", "כתב", "כתבה", "כתב/ה", "كتب", "كتبت", "نوشت",
    "đã viết", "viết", "写道", "寫道", "写到", "のメール", "書きました", "のメッセージ", "님이 작성", "작성", "쓴 글",
    "เขียน", "เขียนว่า", "ने लिखा", "লিখেছেন", "je napisao", "je napisala", r"je napisao/la", "je napisal",
    "je napisal/a", "rašė", "rakstīja", "kirjutas", "skrifaði", "escribiste", "escreveste", "geschreven", "kirjoitti",
    "schrieb", "schreef", "skrev", "írta", "shkroi", "aliandika", "skryf",
)  # fmt: skip
# Those whose verb stands before the name: "Am 3. Mai 2024 schrieb Ana Muster <ana@...>:".
_VERB_MIDDLE = (
    "schrieb", "schreef", "skrev", "kirjoitti", "ezt írta", "írta", "sinulat ni", "isinulat ni", "hat geschrieben",
    "skreiv", "geschreven",
)  # fmt: skip
# First words of an attribution line. A line that only happens to end in a verb and a colon has none of them.
_STARTS = (
    "On", "At", "In a message", "Am", "Le", "El", "Em", "No dia", "A", "Il", "Op", "Pada", "Den", "På", "W dniu",
    "Dnia", "Dne", "Dňa", "Noong", "Vào", "Lúc", "Në", "Στις", "Την", "Στην", "ב-", "ב", "في", "در", "На", "În", "La",
    "Il giorno", "U", "Dana", "V", "Kuupäeval", "Þann", "El dia", "Tarihinde", "Mnamo", "Ar", "Vid", "Kl", "Ti",
    "Pe", "Ngày", "เมื่อ", "在", "于", "於",
)  # fmt: skip

_VERBS_LAST = "|".join(sorted(_VERB_LAST, key=len, reverse=True))
_VERBS_MIDDLE = "|".join(sorted(_VERB_MIDDLE, key=len, reverse=True))
_MOMENT = r"\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[^\s@]@[^\s@]"

MOMENT = re.compile(_MOMENT)
ATTRIBUTION_START = re.compile(
    r"\W{0,3}(?:(?:" + "|".join(re.escape(word) for word in _STARTS) + r")(?!\w)|\d|[^<>@]{1,80}<[^<>\s]+@[^<>\s]+>)",
    re.I,
)
# "ma 3. kesäk. 2024": a weekday, which an ordinary line of words may resemble.
ATTRIBUTION_WEEKDAY = re.compile(r"[^\W\d_]{1,12}[.,]{0,2}\s+\d")
ATTRIBUTION_END = re.compile(rf"(?:{_VERBS_LAST})\s*[:：]?\W{{0,2}}\Z", re.I)
ATTRIBUTION_MIDDLE = re.compile(rf"(?<!\w)(?:{_VERBS_MIDDLE})(?!\w).{{0,200}}[:：]\W{{0,2}}\Z", re.I)
ATTRIBUTION_DATED_ADDRESS = re.compile(r"\W{0,2}\d.{0,120}<[^<>\s]+@[^<>\s]+>\s*[:：]?\Z")

_HEADER_WORDS = {
    "from": (
        "From", "Von", "De", "Da", "Van", "Dari", "Från", "Fra", "Lähettäjä", "Od", "Feladó", "De la", "Kimden", "От",
        "От кого", "Від", "Από", "מאת", "من", "Từ", "发件人", "寄件者", "寄件人", "差出人", "보낸 사람", "보낸사람",
        "จาก", "Remitente", "Mittente", "Expéditeur", "Absender", "Gönderen", "Saatja", "Pengirim", "प्रेषक", "ពី",
    ),
    "sent": (
        "Sent", "Gesendet", "Envoyé", "Enviado", "Enviado el", "Enviada em", "Enviado em", "Inviato", "Verzonden",
        "Dikirim", "Terkirim", "Skickat", "Sendt", "Lähetetty", "Wysłano", "Odesláno", "Odoslané", "Elküldve", "Trimis",
        "Gönderildi", "Gönderilme", "Отправлено", "Надіслано", "Изпратено", "Στάλθηκε", "Εστάλη", "נשלח", "تم الإرسال",
        "Đã gửi", "发送时间", "傳送時間", "寄件日期", "送信日時", "보낸 날짜", "보낸날짜", "ส่ง", "Poslano", "Enviat",
    ),
    "date": (
        "Date", "Datum", "Fecha", "Data", "Tanggal", "Dato", "Päivämäärä", "Päiväys", "Dátum", "Tarih", "Дата",
        "Ημερομηνία", "תאריך", "التاريخ", "Ngày", "日期", "日時", "날짜", "วันที่",
    ),
    "to": (
        "To", "An", "À", "Para", "A", "Aan", "Kepada", "Ke", "Till", "Til", "Vastaanottaja", "Do", "Komu", "Címzett",
        "Către", "Kime", "Кому", "До", "Προς", "אל", "إلى", "Tới", "Đến", "收件人", "收件者", "宛先", "받는 사람",
        "받는사람", "ถึง", "Za", "Per a",
    ),
    "cc": ("Cc", "Kopie", "Kopi", "Copie", "CC", "Kopia", "Копия", "抄送", "副本", "참조", "Tembusan", "Másolat"),
    "subject": (
        "Subject", "Betreff", "Objet", "Asunto", "Assunto", "Oggetto", "Onderwerp", "Perihal", "Subjek", "Ämne",
        "Emne", "Aihe", "Temat", "Předmět", "Predmet", "Tárgy", "Subiect", "Konu", "Тема", "Θέμα", "נושא", "الموضوع",
        "Chủ đề", "Tiêu đề", "主题", "主旨", "件名", "제목", "เรื่อง", "Zadeva", "Assumpte", "Относно",
    ),
}  # fmt: skip
_HEADER_KEY = {word.casefold(): key for key, words in _HEADER_WORDS.items() for word in words}
_HEADER_LINE = re.compile(r"[\s*_]{0,4}([^\W\d_][^:：*<>@\d]{0,24}?)[\s*_]*[:：][\s*_]*(.*)", re.S)


def header_key(line: str) -> tuple[str, str] | None:
    """(`from`, `sent`, `date`, `to`, `cc` or `subject`, the rest) when a line looks like one of a quoted header."""
    found = _HEADER_LINE.match(line)
    key = _HEADER_KEY.get(found.group(1).strip().casefold()) if found else None
    return (key, found.group(2)) if found and key else None


_ORIGINAL = (
    "Original Message", "Original Email", "Reply Message", "Ursprüngliche Nachricht",
    "Original-Nachricht", "Originalnachricht", "Message d'origine", "Message original", "Message d’origine",
    "Message initial", "Oprindelig besked",
    "Oprindelig mail", "Opprinnelig e-post", "Ursprungligt mejl",
    "Mensaje original", "Mensagem original", "Mensagem Original", "Messaggio originale",
    "Messaggio Originale", "Oorspronkelijk bericht", "Origineel bericht", "Pesan Asli", "Pesan asli", "Mesej Asal",
    "Ursprungligt meddelande", "Originalmeddelande", "Oprindelig meddelelse", "Opprinnelig melding", "Original melding",
    "Alkuperäinen viesti", "Wiadomość oryginalna", "Oryginalna wiadomość", "Treść oryginalnej wiadomości",
    "Původní zpráva", "Pôvodná správa", "Eredeti üzenet", "Mesaj original", "Mesajul original", "Orijinal Mesaj",
    "Özgün İleti", "Исходное сообщение", "Оригинальное сообщение", "Пересылаемое сообщение", "Оригінальне повідомлення",
    "Αρχικό μήνυμα", "הודעה מקורית", "الرسالة الأصلية", "Thư gốc", "Tin nhắn gốc", "原始邮件", "原始郵件", "邮件原件",
    "元のメッセージ", "원본 메시지", "원본 메일", "ข้อความต้นฉบับ", "Originalna poruka", "Izvorno sporočilo",
)  # fmt: skip
ORIGINAL_MESSAGE = re.compile(
    r"\W{0,2}[-–—_=]{2,}\s*(?:" + "|".join(re.escape(phrase) for phrase in _ORIGINAL) + r")\s*[-–—_=:]{1,}\W{0,2}\Z",
    re.I,
)
REPLY_ABOVE = re.compile(
    r"\W{0,10}(?:please )?(?:type|write|enter|add) (?:your )?(?:reply|response) above this line\W{0,10}\Z|"
    r"\W{0,10}reply above this line\W{0,10}\Z",
    re.I,
)

_FORWARDED = (
    "Forwarded message", "Forwarded Message", "Begin forwarded message", "Weitergeleitete Nachricht",
    "Anfang der weitergeleiteten Nachricht", "Message transféré", "Message transmis", "Début du message transféré",
    "Début du message réexpédié", "Mensaje reenviado", "Inicio del mensaje reenviado", "Mensagem encaminhada",
    "Início da mensagem encaminhada", "Mensagem reencaminhada", "Messaggio inoltrato", "Inizio messaggio inoltrato",
    "Doorgestuurd bericht", "Begin doorgestuurd bericht", "Pesan terusan", "Pesan yang diteruskan",
    "Vidarebefordrat meddelande", "Vidarebefordrat brev", "Videresendt meddelelse", "Videresendt melding",
    "Edelleenlähetetty viesti", "Przekazana wiadomość", "Wiadomość przekazana dalej", "Přeposlaná zpráva",
    "Továbbított üzenet", "Mesaj redirecționat", "İletilen ileti", "Yönlendirilen ileti", "Пересылаемое сообщение",
    "Пересланное сообщение", "Переслане повідомлення", "Προωθημένο μήνυμα", "הודעה שהועברה", "رسالة معاد توجيهها",
    "Thư đã chuyển tiếp", "转发的邮件", "轉寄郵件", "Forwarded by", "転送されたメッセージ", "전달된 메시지",
)  # fmt: skip
FORWARD_MARK = re.compile(
    r"(?:[-–—_=]{2,}\s*(?:" + "|".join(re.escape(phrase) for phrase in _FORWARDED) + r")\b.{0,80}|"
    r"(?:" + "|".join(re.escape(phrase) for phrase in _FORWARDED) + r")\s*:)\s*\Z",
    re.I,
)
FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vb|pd|tm|továbbítás|přep|ynt|iml|转发|轉寄|転送|전달|"
    r"trs|terusan|diteruskan|ilt|πρθ|הועבר|пересл)\s*[:：]",
    re.I,
)

_DEVICE = (
    r"(?:iphone|ipad|ipod|apple watch|android|samsung|galaxy|huawei|xiaomi|redmi|oneplus|pixel|nokia|blackberry|htc|"
    r"sony|xperia|motorola|moto|honor|oppo|vivo|lg|windows|outlook|yahoo|gmail|aol|proton|k-9|thunderbird|mail for|"
    r"mail für|mobile|phone|smartphone|handy|mobil|portable|móvil|celular|telefon|ponsel|hp|device|tablet|mailbird|"
    r"spark|courrier|correo|posta|e-mail|mail\.ru|yandex|яндекс|телефон|айфон|手机|"
    r"スマートフォン|포켓|icloud|zoho|superhuman|"
    r"edison|canary|airmail|newton|bluemail|aquamail|type app|typeapp|web\.de|gmx|freemail)"
)
_SENT_FROM = (
    r"sent (?:from|via|with|using|on)|sent by|enviado (?:desde|do|de|a partir do|pelo|con|através)|enviada (?:do|de|"
    r"pelo)|envoyé (?:de|depuis|à partir|avec|via)|inviato (?:da|dal|con)|(?:verstuurd|verzonden) (?:vanaf|vanuit|"
    r"met|via)|gesendet (?:von|mit)|von mein\w* .{1,60}gesendet|von .{1,60}gesendet|diese (?:nachricht|"
    r"mail) wurde von .{1,80}gesendet|skickat från|sendt fra|lähetetty|dikirim (?:dari|dengan|melalui)|"
    r"wysłan[eoy] (?:z|za)|odesláno z|odoslané z|trimis (?:de pe|din)|elküldve|gửi từ|được gửi từ|στάλθηκε από|"
    r"отправлено (?:с|из)|надіслано з|изпратено от|נשלח מ|أُ?رسلت? من|poslano (?:s|z)|enviat des|bidalia|saadetud"
)
MOBILE_SIGNATURE = re.compile(
    rf"\W{{0,3}}(?:(?:{_SENT_FROM})\b.{{0,100}}{_DEVICE}.{{0,80}}|"
    rf"(?:{_SENT_FROM}).{{0,40}}{_DEVICE}.{{0,40}}|"
    r"(?:von|mit) mein\w* .{1,60} gesendet.{0,10}|.{0,10}(?:iphone|ipad|android|手机|"
    r"スマートフォン|携帯).{0,20}(?:から送信|傳送|传送|"
    r"发送|寄出)|(?:发自|發自|寄自|从我的|傳送自|来自).{0,30}(?:iphone|ipad|android|手机|手機|邮箱|mail|华为|"
    r"小米).{0,20}|나의 .{1,20}(?:에서|로) 보냄|"
    r".{0,20}에서 보냄|ส่งจาก.{1,40}|.{0,20}(?:iphone|ipad|android).{0,12}(?:gönderildi|gönderilmiştir|küldve).{0,10}|"
    r"(?:get|download|obtenez|obtenir|télécharger|téléchargez|obtener|descargar|obter|baixar|scarica|ottieni|"
    r"download|holen sie sich|hämta|dapatkan|pobierz|získejte|skaffa|hent|hanki) outlook (?:for|pour|para|per|voor|"
    r"für|untuk|dla|pro|till|til|til).{0,60}|outlook (?:for|für|pour|para|per|voor) (?:ios|android|mac).{0,80}|"
    r"(?:please )?excuse (?:my brevity|the brevity|any typos|brevity).{0,60})\s*\Z",
    re.I,
)
LIST_FOOTER = re.compile(r"_{40,}\s*\Z")

OUT_OF_OFFICE_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:re:\s*|aw:\s*)?(?:auto(?:matic|mated|matisch\w*)?[ -]?(?:repl(?:y|ies)|response|"
    r"antwort|responder)|out of (?:the )?office|ooo\b|i am away|on (?:holiday|vacation|leave)|"
    r"away from (?:the )?office|vacation (?:reply|response)|abwesenheit\w*|abwesend|nicht im (?:büro|haus)|"
    r"réponse automatique|absence du bureau|absent[e]? du bureau|respuesta automática|fuera de (?:la )?oficina|"
    r"resposta automática|fora do escritório|ausência|risposta automatica|fuori (?:sede|ufficio)|"
    r"automatisch antwoord|afwezig\w*|niet op kantoor|balasan otomatis|jawaban otomatis|di luar kantor|autosvar|"
    r"automatiskt svar|automatisk svar|frånvaro\w*|fravær\w*|automaattinen vastaus|poissa|automatyczna odpowiedź|"
    r"poza biurem|automatická odpověď|automatikus válasz|răspuns automat|otomatik yanıt|ofis dışında|"
    r"автоматический ответ|автоответ|вне офиса|αυτόματη απάντηση|תשובה אוטומטית|הודעה אוטומטית|رد تلقائي|"
    r"trả lời tự động|自动回复|自動回覆|自动答复|自動応答|自動返信|不在|자동 회신|부재중|ตอบกลับอัตโนมัติ)",
    re.I,
)
OUT_OF_OFFICE_TEXT = re.compile(
    r"\b(?:i am|i'm|i’m|i will be|am) (?:currently |now )?(?:out of (?:the )?office|on (?:annual |parental |sick |"
    r"maternity )?(?:leave|vacation|holiday)|away (?:from|until|on))|this is an auto(?:matic|mated)|"
    r"ich bin (?:\w+ ){0,6}(?:nicht im büro|nicht im haus|abwesend|im urlaub|nicht erreichbar|außer haus)|"
    r"je suis (?:actuellement )?(?:absente?|en congés?)|estoy fuera de la oficina|estaré fuera|"
    r"estou fora do escritório|estarei ausente|sono fuori (?:ufficio|sede)|ik ben (?:\w+ ){0,4}(?:afwezig|"
    r"niet aanwezig|niet op kantoor)|saya sedang (?:cuti|tidak berada)|jag är (?:\w+ ){0,4}(?:ledig|borta|"
    r"på semester)",
    re.I,
)
BOUNCE_SUBJECT = re.compile(
    r"undeliver(?:able|ed)|deliver(?:y|ed)? (?:status|has |failure|failed|report|problem|delayed|incomplete|"
    r"subsystem|notification|error)|(?:mail|message) (?:delivery|system error|could not be delivered|not delivered|"
    r"status)|returned mail|returned to sender|failure (?:notice|delivery|notification)|non[- ]?deliver|"
    r"mail (?:failure|error)|warning: (?:could not send|message)|unzustellbar|nicht zugestellt|zustellung|non remis|"
    r"échec de (?:la )?remise|no se (?:puede|pudo) entregar|no entregado|devuelto|não (?:entregue|é possível)|"
    r"falha na entrega|mancato recapito|recapito|onbestelbaar|niet bezorg|tidak terkirim|gagal terkirim|olevererbart|"
    r"kunne ikke leveres|toimittam|niedostarcz|nedoručiteln|недоставлен|"
    r"не удалось доставить|退信|未傳遞|无法投递|配信不能|배달되지",
    re.I,
)
