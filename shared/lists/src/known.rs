//! The usual titles of columns, in English and in the other languages of the European Union.
//!
//! Sources, compared word by word in November 2026:
//!
//! | words | from |
//! |---|---|
//! | English addresses and names | the column titles of Exchange's and Entra's exports and bulk files (Get-Mailbox, Get-Recipient, "Bulk operations" of the Entra admin center) |
//! | given name, family name and address of every other language but Maltese | the labels of a user's form in Django 5.2 (`django/contrib/auth/locale/*/LC_MESSAGES/django.po`), written by speakers of each language |
//! | German addresses, given, family and display name | Outlook's and Thunderbird's CSV exports, by the list of their titles in Roundcube (`program/localization/de_DE/csv2vcard.inc`) |
//! | all else: further words for addresses and names, number, status and end of an employment; all of Maltese | common words of the language, by the dictionary: no export that has them was seen |
//!
//! A title counts only as a whole (`titles.rs`), so a word that no system uses finds nothing. Where a word is that of several
//! fields (French *Nom*, Spanish *Nombre*), it stands with the wider one.

/// What a column of a usual title holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Address,
    Name,
    GivenName,
    FamilyName,
    ExternalId,
    Status,
    StatusDate,
}

/// The words of one language, by field; a language may have several for one.
struct Language {
    address: &'static [&'static str],
    name: &'static [&'static str],
    given_name: &'static [&'static str],
    family_name: &'static [&'static str],
    external_id: &'static [&'static str],
    status: &'static [&'static str],
    status_date: &'static [&'static str],
}

/// The usual titles of a field, the first that a file has counts.
pub(crate) fn titles(field: Known) -> impl Iterator<Item = &'static str> {
    let of = move |language: &'static Language| match field {
        Known::Address => language.address,
        Known::Name => language.name,
        Known::GivenName => language.given_name,
        Known::FamilyName => language.family_name,
        Known::ExternalId => language.external_id,
        Known::Status => language.status,
        Known::StatusDate => language.status_date,
    };
    let last = if field == Known::Address { SIGN_IN } else { &[] };
    LANGUAGES.iter().flat_map(of).chain(last).copied()
}

/// Titles that are of a name in some languages and of a family name in others.
pub(crate) const EITHER_NAME: &[&str] = &["name", "nom", "naam", "navn", "namn", "nume", "nome", "nombre"];

/// A sign-in name is taken for an address only where nothing else is.
const SIGN_IN: &[&str] = &["user principal name", "upn", "sign-in name", "memberObjectIdOrUpn"];

const LANGUAGES: &[Language] = &[
    // English.
    Language {
        address: &[
            "email",
            "e-mail",
            "mail",
            "email address",
            "work email",
            "mail address",
            "primary email",
            "primary email address",
            "PrimarySmtpAddress",
            "primary smtp",
            "smtp address",
            "WindowsEmailAddress",
            "business email",
            "company email",
            "external email address",
            "email id",
            "contact email",
            "email 1",
            "e-mail 1 - value",
        ],
        name: &["display name", "name", "full name"],
        given_name: &["first name", "given name", "forename"],
        family_name: &["last name", "surname", "family name"],
        external_id: &["employee number", "employee id", "personnel number", "staff number"],
        status: &["employment status", "employee status"],
        status_date: &["termination date", "leaving date", "exit date"],
    },
    // German.
    Language {
        address: &[
            "E-Mail-Adresse",
            "E-Mail dienstlich",
            "dienstliche E-Mail",
            "Mailadresse",
            "E-Mail (geschäftlich)",
        ],
        name: &["Anzeigename", "vollständiger Name"],
        given_name: &["Vorname"],
        family_name: &["Nachname", "Familienname", "Zuname"],
        external_id: &["Personalnummer", "Personal-Nr", "Mitarbeiternummer", "Mitarbeiter-ID"],
        status: &["Beschäftigungsstatus", "Mitarbeiterstatus"],
        status_date: &["Austrittsdatum", "Austritt"],
    },
    // French.
    Language {
        address: &[
            "Adresse e-mail",
            "Adresse de messagerie",
            "Adresse électronique",
            "Courriel",
            "Adresse courriel",
            "E-mail professionnel",
            "Mél",
        ],
        name: &["Nom complet", "Nom d'affichage", "Nom"],
        given_name: &["Prénom"],
        family_name: &["Nom de famille", "Nom usuel"],
        external_id: &["Matricule", "Numéro de matricule", "Numéro d'employé"],
        status: &["Statut d'emploi", "Statut du salarié"],
        status_date: &["Date de départ", "Date de sortie"],
    },
    // Spanish.
    Language {
        address: &["Correo electrónico", "Dirección de correo electrónico", "Correo", "Dirección de correo"],
        name: &["Nombre completo", "Nombre para mostrar", "Nombre y apellidos", "Nombre"],
        given_name: &["Nombre de pila"],
        family_name: &["Apellidos", "Apellido"],
        external_id: &["Número de empleado", "Código de empleado"],
        status: &["Estado laboral", "Situación laboral"],
        status_date: &["Fecha de baja", "Fecha de cese"],
    },
    // Italian.
    Language {
        address: &[
            "Indirizzo e-mail",
            "Indirizzo di posta elettronica",
            "Posta elettronica",
            "E-mail aziendale",
        ],
        name: &["Nome completo", "Nome visualizzato", "Nominativo", "Nome"],
        given_name: &["Nome di battesimo"],
        family_name: &["Cognome"],
        external_id: &["Matricola", "Numero dipendente"],
        status: &["Stato dipendente", "Stato lavorativo"],
        status_date: &["Data di cessazione", "Data cessazione"],
    },
    // Portuguese.
    Language {
        address: &[
            "Endereço de e-mail",
            "Correio eletrónico",
            "Endereço de correio eletrónico",
            "E-mail profissional",
        ],
        name: &["Nome a apresentar", "Nome de exibição"],
        given_name: &["Nome próprio", "Primeiro nome"],
        family_name: &["Apelido", "Sobrenome", "Último nome"],
        external_id: &["Número de funcionário", "Número mecanográfico"],
        status: &["Estado do funcionário", "Situação profissional"],
        status_date: &["Data de saída", "Data de cessação"],
    },
    // Dutch.
    Language {
        address: &["E-mailadres", "Emailadres", "E-mail werk", "Zakelijk e-mailadres"],
        name: &["Weergavenaam", "Volledige naam", "Naam"],
        given_name: &["Voornaam", "Roepnaam"],
        family_name: &["Achternaam", "Familienaam"],
        external_id: &["Personeelsnummer", "Medewerkernummer"],
        status: &["Dienstverbandstatus", "Status medewerker"],
        status_date: &["Datum uit dienst", "Uitdiensttreding"],
    },
    // Danish.
    Language {
        address: &["E-mailadresse", "Mailadresse", "Arbejdsmail"],
        name: &["Vist navn", "Fulde navn", "Navn"],
        given_name: &["Fornavn"],
        family_name: &["Efternavn"],
        external_id: &["Medarbejdernummer", "Lønnummer"],
        status: &["Ansættelsesstatus"],
        status_date: &["Fratrædelsesdato"],
    },
    // Swedish.
    Language {
        address: &["E-postadress", "E-post", "Epost", "Mejladress"],
        name: &["Visningsnamn", "Fullständigt namn", "Namn"],
        given_name: &["Förnamn"],
        family_name: &["Efternamn"],
        external_id: &["Anställningsnummer"],
        status: &["Anställningsstatus"],
        status_date: &["Slutdatum anställning", "Avgångsdatum"],
    },
    // Finnish.
    Language {
        address: &["Sähköpostiosoite", "Sähköposti", "Työsähköposti"],
        name: &["Näyttönimi", "Koko nimi", "Nimi"],
        given_name: &["Etunimi"],
        family_name: &["Sukunimi"],
        external_id: &["Henkilönumero", "Työntekijänumero"],
        status: &["Työsuhteen tila"],
        status_date: &["Työsuhteen päättymispäivä"],
    },
    // Polish.
    Language {
        address: &["Adres e-mail", "Adres poczty elektronicznej", "Poczta elektroniczna", "E-mail służbowy"],
        name: &["Imię i nazwisko", "Nazwa wyświetlana"],
        given_name: &["Imię"],
        family_name: &["Nazwisko"],
        external_id: &["Numer pracownika", "Numer ewidencyjny"],
        status: &["Status zatrudnienia", "Status pracownika"],
        status_date: &["Data zwolnienia", "Data rozwiązania umowy"],
    },
    // Czech.
    Language {
        address: &["E-mailová adresa", "Emailová adresa", "Pracovní e-mail"],
        name: &["Zobrazované jméno", "Celé jméno", "Jméno a příjmení"],
        given_name: &["Jméno", "Křestní jméno"],
        family_name: &["Příjmení"],
        external_id: &["Osobní číslo", "Číslo zaměstnance"],
        status: &["Stav zaměstnance", "Stav pracovního poměru"],
        status_date: &["Datum ukončení pracovního poměru", "Datum odchodu"],
    },
    // Slovak.
    Language {
        address: &["E-mailová adresa", "Emailová adresa", "Pracovný e-mail"],
        name: &["Zobrazované meno", "Celé meno", "Meno a priezvisko"],
        given_name: &["Meno", "Krstné meno"],
        family_name: &["Priezvisko"],
        external_id: &["Osobné číslo", "Číslo zamestnanca"],
        status: &["Stav zamestnanca", "Stav pracovného pomeru"],
        status_date: &["Dátum ukončenia pracovného pomeru", "Dátum odchodu"],
    },
    // Slovenian.
    Language {
        address: &["E-poštni naslov", "E-naslov", "Elektronski naslov", "E-pošta", "Elektronska pošta"],
        name: &["Prikazno ime", "Ime in priimek", "Polno ime"],
        given_name: &["Ime"],
        family_name: &["Priimek"],
        external_id: &["Številka zaposlenega", "Kadrovska številka"],
        status: &["Status zaposlitve"],
        status_date: &["Datum prenehanja zaposlitve"],
    },
    // Croatian.
    Language {
        address: &["Adresa e-pošte", "E-mail adresa", "Elektronička pošta", "E-pošta"],
        name: &["Ime za prikaz", "Ime i prezime", "Puno ime"],
        given_name: &["Ime"],
        family_name: &["Prezime"],
        external_id: &["Broj zaposlenika", "Matični broj zaposlenika"],
        status: &["Status zaposlenja"],
        status_date: &["Datum prestanka rada", "Datum odlaska"],
    },
    // Hungarian.
    Language {
        address: &["E-mail cím", "E-mail-cím", "Elektronikus levelezési cím", "Munkahelyi e-mail"],
        name: &["Megjelenítendő név", "Teljes név", "Név"],
        given_name: &["Keresztnév", "Utónév"],
        family_name: &["Vezetéknév", "Családi név"],
        external_id: &["Törzsszám", "Munkavállalói azonosító"],
        status: &["Foglalkoztatási státusz", "Munkaviszony állapota"],
        status_date: &["Kilépés dátuma", "Munkaviszony vége"],
    },
    // Romanian.
    Language {
        address: &[
            "Adresă de e-mail",
            "Adresa de e-mail",
            "Adresă e-mail",
            "Adresa e-mail",
            "Poștă electronică",
        ],
        name: &["Nume afișat", "Nume complet", "Nume și prenume"],
        given_name: &["Prenume"],
        family_name: &["Nume de familie", "Nume"],
        external_id: &["Marcă", "Număr de marcă", "Număr angajat"],
        status: &["Statut angajat", "Starea angajatului"],
        status_date: &["Data încetării", "Data plecării"],
    },
    // Bulgarian.
    Language {
        address: &["Имейл", "Имейл адрес", "Електронна поща", "Е-поща", "Служебен имейл"],
        name: &["Показвано име", "Пълно име", "Име и фамилия"],
        given_name: &["Име", "Собствено име"],
        family_name: &["Фамилия", "Фамилно име"],
        external_id: &["Номер на служител", "Служебен номер"],
        status: &["Статус на служителя", "Трудов статус"],
        status_date: &["Дата на напускане", "Дата на прекратяване"],
    },
    // Greek.
    Language {
        address: &[
            "Διεύθυνση ηλεκτρονικού ταχυδρομείου",
            "Διεύθυνση email",
            "Διεύθυνση e-mail",
            "Ηλεκτρονικό ταχυδρομείο",
            "Ηλ. ταχυδρομείο",
        ],
        name: &["Εμφανιζόμενο όνομα", "Ονοματεπώνυμο", "Πλήρες όνομα"],
        given_name: &["Όνομα"],
        family_name: &["Επώνυμο", "Επίθετο"],
        external_id: &["Αριθμός μητρώου", "Κωδικός εργαζομένου"],
        status: &["Κατάσταση απασχόλησης", "Κατάσταση εργαζομένου"],
        status_date: &["Ημερομηνία αποχώρησης", "Ημερομηνία λήξης απασχόλησης"],
    },
    // Estonian.
    Language {
        address: &["E-posti aadress", "E-post", "Meiliaadress", "Meil"],
        name: &["Kuvatav nimi", "Täisnimi", "Ees- ja perekonnanimi", "Nimi"],
        given_name: &["Eesnimi"],
        family_name: &["Perekonnanimi", "Perenimi"],
        external_id: &["Töötaja number", "Töötaja kood"],
        status: &["Töösuhte staatus"],
        status_date: &["Töösuhte lõpp", "Lahkumise kuupäev"],
    },
    // Latvian.
    Language {
        address: &["E-pasta adrese", "E-pasts", "Epasts", "Elektroniskais pasts"],
        name: &["Attēlojamais vārds", "Pilns vārds", "Vārds, uzvārds", "Vārds un uzvārds"],
        given_name: &["Vārds"],
        family_name: &["Uzvārds"],
        external_id: &["Darbinieka numurs", "Tabeles numurs"],
        status: &["Nodarbinātības statuss"],
        status_date: &["Darba attiecību beigu datums"],
    },
    // Lithuanian.
    Language {
        address: &["El. pašto adresas", "El. paštas", "Elektroninis paštas", "Elektroninio pašto adresas"],
        name: &["Rodomas vardas", "Vardas ir pavardė", "Vardas, pavardė"],
        given_name: &["Vardas"],
        family_name: &["Pavardė"],
        external_id: &["Darbuotojo numeris", "Tabelio numeris"],
        status: &["Darbuotojo būsena", "Įdarbinimo būsena"],
        status_date: &["Atleidimo data", "Darbo pabaigos data"],
    },
    // Irish.
    Language {
        address: &["Seoladh r-phoist", "Seoladh ríomhphoist", "Ríomhphost", "R-phost"],
        name: &["Ainm taispeána", "Ainm iomlán", "Ainm"],
        given_name: &["Céadainm", "Ainm baiste"],
        family_name: &["Sloinne"],
        external_id: &["Uimhir fostaí", "Uimhir foirne"],
        status: &["Stádas fostaíochta"],
        status_date: &["Dáta imeachta"],
    },
    // Maltese.
    Language {
        address: &[
            "Indirizz tal-posta elettronika",
            "Posta elettronika",
            "Indirizz elettroniku",
            "Indirizz tal-email",
        ],
        name: &["Isem sħiħ", "Isem għall-wiri"],
        given_name: &["Isem"],
        family_name: &["Kunjom"],
        external_id: &["Numru tal-impjegat"],
        status: &["Status tal-impjieg"],
        status_date: &["Data tat-tluq"],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::titles::key;

    const ALL: [Known; 7] = [
        Known::Address,
        Known::Name,
        Known::GivenName,
        Known::FamilyName,
        Known::ExternalId,
        Known::Status,
        Known::StatusDate,
    ];

    #[test]
    fn each_of_the_24_languages_has_a_word_for_each_field() {
        assert_eq!(LANGUAGES.len(), 24);
        for language in LANGUAGES {
            let Language { address, name, given_name, family_name, external_id, status, status_date } =
                language;
            for words in [address, name, given_name, family_name, external_id, status, status_date] {
                assert!(!words.is_empty(), "{address:?}");
            }
        }
    }

    #[test]
    fn no_title_stands_for_two_fields() {
        let mut seen: BTreeMap<String, Known> = BTreeMap::new();
        for field in ALL {
            for title in titles(field) {
                let other = seen.insert(key(title), field);
                assert!(other.is_none_or(|other| other == field), "{title}: {field:?} and {other:?}");
            }
        }
    }
}
